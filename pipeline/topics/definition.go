package topics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of one definition.
const (
	LengthMin    = time.Millisecond
	LengthMax    = 36_600 * day // a century
	DocumentsMax = 1_000_000_000
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

const (
	tumbling = "tumbling"
	count    = "count"
)

// Definition says how a stream is cut into windows that follow each other
// without overlap: by event time or by number of documents. Definitions are
// equal when they cut alike. The zero Definition cuts nothing and is refused
// by Options.Check.
type Definition struct {
	length    time.Duration // event time; 0 for count windows
	documents int64         // 0 for event-time windows
}

// Parse reads "tumbling:24h", windows of event time, whose length is written
// in whole weeks (w), whole days (d) and a Go duration in this order, such as
// 90m, 24h, 7d or 1w12h; or "count:1000", windows of documents.
func Parse(s string) (Definition, error) {
	kind, size, found := strings.Cut(s, ":")
	if !found || kind != tumbling && kind != count {
		return Definition{}, fmt.Errorf("window %q is not known; write %s:24h (event time) or %s:1000 (documents)", s, tumbling, count)
	}
	var d Definition
	var err error
	if kind == tumbling {
		d.length, err = parseLength(size)
	} else {
		d.documents, err = parseDocuments(size)
	}
	if err != nil {
		return Definition{}, fmt.Errorf("window %q: %w", s, err)
	}
	return d, nil
}

var (
	errNotPositive = errors.New("a window must be larger than 0")
	errTooLong     = fmt.Errorf("longer than %s, the longest window", lengthString(LengthMax))
	errTooShort    = fmt.Errorf("shorter than %s, the shortest window", lengthString(LengthMin))
	errTooMany     = fmt.Errorf("more than %d documents, the largest window", DocumentsMax)
	errNoLength    = errors.New("no length of time; write whole weeks and days and a Go duration, such as 90m, 24h, 7d or 1w12h")
	errNoDocuments = errors.New("no number of documents; write a whole number such as 1000")
)

func parseLength(s string) (time.Duration, error) {
	if strings.HasPrefix(s, "-") {
		return 0, errNotPositive
	}
	weeks, rest, err := cutUnit(s, 'w', week)
	if err != nil {
		return 0, err
	}
	days, rest, err := cutUnit(rest, 'd', day)
	if err != nil {
		return 0, err
	}
	var clock time.Duration
	if rest != "" || s == "" {
		if clock, err = time.ParseDuration(rest); err != nil || clock < 0 {
			return 0, errNoLength
		}
	}
	if clock > LengthMax { // before the sum, which could overflow
		return 0, errTooLong
	}
	length := weeks + days + clock
	return length, checkLength(length)
}

// cutUnit takes a whole number followed by the unit's mark off the front of s;
// it takes nothing where s begins otherwise.
func cutUnit(s string, mark byte, unit time.Duration) (length time.Duration, rest string, err error) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits == 0 || digits == len(s) || s[digits] != mark {
		return 0, s, nil
	}
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	if err != nil || n > int64(LengthMax/unit) {
		return 0, s, errTooLong
	}
	return time.Duration(n) * unit, s[digits+1:], nil
}

func checkLength(length time.Duration) error {
	switch {
	case length <= 0:
		return errNotPositive
	case length < LengthMin:
		return errTooShort
	case length > LengthMax:
		return errTooLong
	}
	return nil
}

func parseDocuments(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && n > 0, n > DocumentsMax:
		return 0, errTooMany
	case errors.Is(err, strconv.ErrRange):
		return 0, errNotPositive
	case err != nil:
		return 0, errNoDocuments
	case n <= 0:
		return 0, errNotPositive
	}
	return n, nil
}

// String returns the definition in the one form that stands for all that cut
// alike: "tumbling:24h" for 1d, "tumbling:7d" for 1w and 168h. Parse reads it
// back. It is "" for the zero Definition.
func (d Definition) String() string {
	switch {
	case d.length > 0:
		return tumbling + ":" + lengthString(d.length)
	case d.documents > 0:
		return count + ":" + strconv.FormatInt(d.documents, 10)
	}
	return ""
}

func lengthString(d time.Duration) string {
	if d > day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns String as bytes; the zero Definition is an error.
func (d Definition) MarshalText() ([]byte, error) {
	if d == (Definition{}) {
		return nil, errNoDefinition
	}
	return []byte(d.String()), nil
}

// UnmarshalText is Parse.
func (d *Definition) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

var errNoDefinition = fmt.Errorf("a window is not defined; write %s:24h (event time) or %s:1000 (documents)", tumbling, count)

// number is the window of event time t, and the floor of t / length, so that
// windows before 1970 have negative numbers and the same length.
func (d Definition) number(t int64) int64 {
	n := t / int64(d.length)
	if t%int64(d.length) < 0 {
		n--
	}
	return n
}

// bounds are the start and the end of window number n. It goes by way of the
// bound nearer to 1970, which Unix nanoseconds can tell whenever the window
// holds a time that they can tell.
func (d Definition) bounds(n int64) (start, end time.Time) {
	if n < 0 {
		end = time.Unix(0, (n+1)*int64(d.length)).UTC()
		return end.Add(-d.length), end
	}
	start = time.Unix(0, n*int64(d.length)).UTC()
	return start, start.Add(d.length)
}
