package catalogue

import (
	"fmt"
	"strings"
	"time"
)

// DaysMax bounds how many days one range has.
const DaysMax = 40 * 366

// firstDay is the first that can have a page: Wikipedia began then.
const firstDay = "2001-01-15"

// Days is a range of days, in UTC, both ends included.
type Days struct{ First, Last time.Time }

// ParseDays reads what follows "current-events:": 2024-01-01..2024-03-31, or
// with months or years at one end or both, or one of them alone. today is the
// day on which it is asked: its page is still being written, so a range ends
// before it, and is the same when it is read again.
func ParseDays(text string, today time.Time) (Days, error) {
	from, to, isRange := strings.Cut(text, "..")
	if !isRange {
		to = from
	}
	first, _, err := parsePeriod(from)
	if err != nil {
		return Days{}, err
	}
	_, last, err := parsePeriod(to)
	if err != nil {
		return Days{}, err
	}
	earliest, _ := time.Parse(time.DateOnly, firstDay)
	yesterday := midnight(today).AddDate(0, 0, -1)
	d := Days{First: first, Last: last}
	switch {
	case last.Before(first):
		return Days{}, fmt.Errorf("%s ends before it begins; write the earlier day first", text)
	case first.Before(earliest):
		return Days{}, fmt.Errorf("%s begins before %s, when Wikipedia did; there are no pages of such days", text, firstDay)
	case last.After(yesterday):
		return Days{}, fmt.Errorf("%s goes beyond %s: the pages of today are still being written, those of later days not begun; write ..%s", text, day(yesterday), day(yesterday))
	case d.Count() > DaysMax:
		return Days{}, fmt.Errorf("%s has %d days, the limit is %d; read it in pieces", text, d.Count(), DaysMax)
	}
	return d, nil
}

// parsePeriod reads a day, a month or a year, as its first and its last day.
func parsePeriod(text string) (first, last time.Time, err error) {
	for _, p := range []struct {
		layout              string
		years, months, days int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if first, err = time.Parse(p.layout, text); err == nil {
			return first, first.AddDate(p.years, p.months, p.days).AddDate(0, 0, -1), nil
		}
	}
	return first, last, fmt.Errorf("%.40q is no day: write 2024-03-31, 2024-03 for a month or 2024 for a year", text)
}

// Count is the number of days.
func (d Days) Count() int { return int(d.Last.Sub(d.First).Hours())/24 + 1 }

// All returns the days, the first first.
func (d Days) All() []time.Time {
	days := make([]time.Time, 0, d.Count())
	for at := d.First; !at.After(d.Last); at = at.AddDate(0, 0, 1) {
		days = append(days, at)
	}
	return days
}

// String is the form that ParseDays reads.
func (d Days) String() string {
	if d.First.Equal(d.Last) {
		return day(d.First)
	}
	return day(d.First) + ".." + day(d.Last)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func midnight(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
