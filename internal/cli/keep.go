package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings/pipeline"
)

// Keep is how much of a log is kept: "7d", "36h", "20GB", "all". The zero value
// is all.
type Keep pipeline.Keep

// KeepFlags say how much of the log is kept.
type KeepFlags struct {
	Keep Keep `name:"keep" placeholder:"7d|20GB" complete:"all,7d,20GB" help:"Keep so much of the log, by its age or its size, and delete what is older, with its predictions, once nobody needs it any more: no partition, none of the last two snapshots. Default: all."`
}

// Least of what can be kept: less is a mistake.
const (
	keepAgeMin   = time.Minute
	keepBytesMin = 1_000_000
)

// UnmarshalText reads an age or a size.
func (k *Keep) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if s == "all" {
		*k = Keep{}
		return nil
	}
	wrong := fmt.Errorf("%q: write an age (7d, 36h), a size (20GB, 500MB) or all", text)
	if age, err := parseAge(s); err == nil {
		if age < keepAgeMin {
			return fmt.Errorf("%q is shorter than the least that can be kept, %s", text, keepAgeMin)
		}
		*k = Keep{Age: age}
		return nil
	}
	if strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }) < 0 {
		return wrong // a number without a unit could be anything
	}
	var size Size
	if err := size.UnmarshalText([]byte(s)); err != nil {
		return wrong
	}
	if size < keepBytesMin {
		return fmt.Errorf("%q is smaller than the least that can be kept, %s", text, Size(keepBytesMin))
	}
	*k = Keep{Bytes: uint64(size)}
	return nil
}

// parseAge reads 7d, or what time.ParseDuration reads.
func parseAge(s string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(s, "d")
	if !isDays {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil || !(n >= 0) || n > 36_500 {
		return 0, fmt.Errorf("%q is no number of days", s)
	}
	return time.Duration(n * float64(24*time.Hour)), nil
}

// String is a form that UnmarshalText reads.
func (k Keep) String() string {
	switch {
	case k.Age > 0 && k.Age%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(k.Age/(24*time.Hour)), 10) + "d"
	case k.Age > 0:
		return k.Age.String()
	case k.Bytes > 0:
		return Size(k.Bytes).String()
	}
	return "all"
}
