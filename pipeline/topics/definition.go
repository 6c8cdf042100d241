package topics

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of one definition.
const (
	LengthMin    = time.Millisecond
	LengthMax    = 36_600 * day // a century
	DocumentsMax = 1_000_000_000
	OverlapMax   = 400 // sliding windows that one document is in
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// kind is how a definition cuts.
type kind uint8

const (
	_        kind = iota
	tumbling      // by event time, without overlap
	sliding       // by event time, each window one step behind the one before
	session       // by event time, where nothing comes for a while
	count         // by documents
)

// kinds are the names of the kinds, as people write them.
var kinds = [...]string{tumbling: "tumbling", sliding: "sliding", session: "session", count: "count"}

func (k kind) String() string { return kinds[k] }

// Definition says how a stream is cut into windows: by event time or by number
// of documents. Definitions are equal when they cut alike. The zero Definition
// cuts nothing and is refused by Options.Check.
//
//	tumbling:24h    windows that follow each other without overlap
//	sliding:7d/1d   a window of 7 days begins every day, so a document is in seven
//	session:6h      a window ends when no event time came within 6 hours of its last
//	count:1000      windows of 1,000 documents
type Definition struct {
	kind      kind
	length    time.Duration // of a window in event time; of a session its gap
	step      time.Duration // from the start of a window to that of the next; 0 for sessions and counts
	documents int64         // of a count window
}

// Parse reads the form that Definition shows. A length of time is written in
// whole weeks (w), whole days (d) and a Go duration in this order, such as 90m,
// 24h, 7d or 1w12h. A sliding window whose step is its length is a tumbling one.
func Parse(s string) (Definition, error) {
	name, size, found := strings.Cut(s, ":")
	k := kind(max(slices.Index(kinds[:], name), 0))
	if !found || k == 0 {
		return Definition{}, fmt.Errorf("window %q is not known; write %s", s, forms)
	}
	d := Definition{kind: k}
	var err error
	switch k {
	case count:
		d.documents, err = parseDocuments(size)
	case sliding:
		err = d.slide(size)
	default:
		d.length, err = parseLength(size)
	}
	if err != nil {
		return Definition{}, fmt.Errorf("window %q: %w", s, err)
	}
	if k == tumbling {
		d.step = d.length
	}
	return d, nil
}

// forms tells how windows are written.
const forms = "tumbling:24h, sliding:7d/1d or session:6h (event time), or count:1000 (documents)"

// slide reads LENGTH/STEP.
func (d *Definition) slide(size string) (err error) {
	length, step, found := strings.Cut(size, "/")
	if !found {
		return errNoStep
	}
	if d.length, err = parseLength(length); err != nil {
		return err
	}
	if d.step, err = parseLength(step); err != nil {
		return fmt.Errorf("its step: %w", err)
	}
	switch {
	case d.step > d.length:
		return errGaps
	case (d.length-1)/d.step >= OverlapMax:
		return fmt.Errorf("a document would be in more than %d windows; take a longer step", OverlapMax)
	case d.step == d.length:
		d.kind = tumbling
	}
	return nil
}

var (
	errNotPositive = errors.New("a window must be larger than 0")
	errTooLong     = fmt.Errorf("longer than %s, the longest window", lengthString(LengthMax))
	errTooShort    = fmt.Errorf("shorter than %s, the shortest window", lengthString(LengthMin))
	errTooMany     = fmt.Errorf("more than %d documents, the largest window", DocumentsMax)
	errNoLength    = errors.New("no length of time; write whole weeks and days and a Go duration, such as 90m, 24h, 7d or 1w12h")
	errNoStep      = errors.New("no step; write length and step, such as 7d/1d")
	errGaps        = errors.New("its step is longer than the window, so documents between two windows would be in none; take a shorter step")
	errNoDocuments = errors.New("no number of documents; write a whole number such as 1000")
)

// ParseTime reads a length of time as Parse does: whole weeks, whole days and a
// Go duration, such as 90s, 24h or 7d. It may be 0.
func ParseTime(s string) (time.Duration, error) {
	length, err := parseLength(s)
	if errors.Is(err, errNotPositive) && length == 0 && !strings.HasPrefix(s, "-") {
		return 0, nil
	}
	if errors.Is(err, errNotPositive) {
		return 0, errors.New("a time is not below 0")
	}
	return length, err
}

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
	switch d.kind {
	case tumbling, session:
		return d.kind.String() + ":" + lengthString(d.length)
	case sliding:
		return d.kind.String() + ":" + lengthString(d.length) + "/" + lengthString(d.step)
	case count:
		return d.kind.String() + ":" + strconv.FormatInt(d.documents, 10)
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

var errNoDefinition = errors.New("a window is not defined; write " + forms)

// The windows of a definition with a step are numbered: window n begins at n
// steps from 1970.

// newestWith is the last window that event time t is in: the floor of t / step,
// so that windows before 1970 have negative numbers and the same length.
func (d Definition) newestWith(t int64) int64 { return floorDiv(t, int64(d.step)) }

// oldestWith is the first window that event time t is in. A window is over at
// its end, so those before it are over at t.
func (d Definition) oldestWith(t int64) int64 {
	into := t % int64(d.step) // how far t is into a step; t - length could be below what can be told
	if into < 0 {
		into += int64(d.step)
	}
	return d.newestWith(t) + floorDiv(into-int64(d.length), int64(d.step)) + 1
}

func floorDiv(a, b int64) int64 {
	n := a / b
	if a%b < 0 {
		n--
	}
	return n
}

// bounds are the start and the end of window number n. It goes there in two
// halves, for Unix nanoseconds cannot tell all starts of windows that hold a time
// that they can tell.
func (d Definition) bounds(n int64) (start, end time.Time) {
	half := n / 2
	start = time.Unix(0, half*int64(d.step)).UTC().Add(time.Duration(n-half) * d.step)
	return start, start.Add(d.length)
}
