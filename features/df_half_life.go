package features

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// HalfLife says when a document counts half in df: after so many further
// documents, or after so much event time. At most one is set; the zero value is
// a df that never forgets.
type HalfLife struct {
	Documents uint64
	Time      time.Duration
}

// Bounds of a half-life. A df of the longest one stays below 2^32 in 256ths of
// a document.
const (
	HalfLifeDocumentsMin = 100
	HalfLifeDocumentsMax = 5_000_000
	HalfLifeTimeMin      = time.Minute
	HalfLifeTimeMax      = 100 * 365 * day
)

const day = 24 * time.Hour

// halfLifeOff is a df that never forgets, in words.
const halfLifeOff = "off"

// ParseHalfLife reads "50000docs", "90d", "36h", or "off" for the zero value.
func ParseHalfLife(s string) (HalfLife, error) {
	if s == halfLifeOff || s == "" {
		return HalfLife{}, nil
	}
	var h HalfLife
	ok := false
	if n, unit := amount(s, "docs"); unit {
		h.Documents, ok = uint64(n), n == math.Trunc(n)
	} else if n, unit := amount(s, "d"); unit {
		h.Time, ok = span(n*float64(day)), n > 0
	} else if n, unit := amount(s, "w"); unit {
		h.Time, ok = span(n*float64(7*day)), n > 0
	} else if d, err := time.ParseDuration(s); err == nil {
		h.Time, ok = d, true
	}
	if !ok || h == (HalfLife{}) {
		return HalfLife{}, fmt.Errorf("half-life %q is none; write 50000docs, 90d or 36h, or off", s)
	}
	return h, h.Check()
}

// amount is the number before a unit, 0 when it is none that can be meant.
func amount(s, unit string) (n float64, is bool) {
	digits, is := strings.CutSuffix(s, unit)
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n > 0 && n < 1e12) {
		n = 0
	}
	return n, is
}

// span is a duration, the longest there is for what is longer.
func span(nanoseconds float64) time.Duration {
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(nanoseconds)
}

// String is the form that ParseHalfLife reads.
func (h HalfLife) String() string {
	switch {
	case h.Documents > 0:
		return strconv.FormatUint(h.Documents, 10) + "docs"
	case h.Time > 0 && h.Time%day == 0:
		return strconv.FormatInt(int64(h.Time/day), 10) + "d"
	case h.Time > 0 && h.Time%time.Hour == 0:
		return strconv.FormatInt(int64(h.Time/time.Hour), 10) + "h"
	case h.Time > 0:
		return h.Time.String()
	}
	return halfLifeOff
}

// Check tells what is wrong with the half-life, or nil.
func (h HalfLife) Check() error {
	switch {
	case h == HalfLife{}:
		return nil
	case h.Documents > 0 && h.Time != 0:
		return fmt.Errorf("half-life: documents and time are both given; choose one")
	case h.Documents > 0 && (h.Documents < HalfLifeDocumentsMin || h.Documents > HalfLifeDocumentsMax):
		return fmt.Errorf("half-life %v is out of range; choose %d to %d documents", h, HalfLifeDocumentsMin, HalfLifeDocumentsMax)
	case h.Documents == 0 && (h.Time < HalfLifeTimeMin || h.Time > HalfLifeTimeMax):
		return fmt.Errorf("half-life %v is out of range; choose 1m to %dd", h, HalfLifeTimeMax/day)
	}
	return nil
}

// MarshalText writes what String says.
func (h HalfLife) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what ParseHalfLife does.
func (h *HalfLife) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHalfLife(string(text))
	return err
}
