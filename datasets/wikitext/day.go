package wikitext

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Title returns the title of the portal's page of a day, as it stands in an
// address: "Portal:Current_events/2020_March_11".
func Title(day time.Time) string {
	year, month, number := day.Date()
	return fmt.Sprintf("Portal:Current_events/%d_%s_%d", year, month, number)
}

// DayOf finds the day in the name of a file or the title of a page:
// "2020-03-11.wiki", "2020_March_11", "Portal:Current events/2020 March 11".
func DayOf(name string) (day time.Time, found bool) {
	if slash := strings.LastIndexAny(name, "/\\"); slash >= 0 {
		name = name[slash+1:]
	}
	words := strings.FieldsFunc(name, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
	for i := range words {
		if i+3 <= len(words) && len(words[i]) == 4 {
			if day, found := newDay(words[i], words[i+1], words[i+2]); found {
				return day, true
			}
		}
	}
	return time.Time{}, false
}

// newDay takes a month by number or by name. Days that no calendar has are
// none.
func newDay(year, month, day string) (time.Time, bool) {
	y, yearErr := strconv.Atoi(year)
	d, dayErr := strconv.Atoi(day)
	if yearErr != nil || dayErr != nil || y < 1 || y > 9999 {
		return time.Time{}, false
	}
	m, err := strconv.Atoi(month)
	if err != nil {
		for _, layout := range []string{"January", "Jan"} {
			if t, err := time.Parse(layout, month); err == nil {
				m = int(t.Month())
			}
		}
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, m >= 1 && m <= 12 && t.Day() == d && t.Month() == time.Month(m)
}

// portal is the template that a day page is written in. Its news are its
// parameter "content", or stand between one with top=yes and one with
// bottom=yes, or follow a "Current events header".
const portal = "{{current events"

func isPortal(b []byte) bool {
	b = b[:min(len(b), len(portal))]
	return len(b) == len(portal) && strings.EqualFold(strings.ReplaceAll(string(b), "_", " "), portal)
}

// portalAt reads the template at the beginning of b: how long it is, up to
// where its content begins or beyond its end, and the day that it names.
func portalAt(b []byte) (n int, day time.Time, found bool) {
	const bytesMax = 2 << 10 // of the parameters before the content
	named := map[string]string{}
	var plain []string
	b = b[:min(len(b), bytesMax)]
	for at := len(portal); at < len(b); {
		end := bytes.IndexAny(b[at:], "|}")
		if end < 0 {
			break
		}
		at += end
		n = at + 1
		if b[at] == '}' {
			n = at + 2
			break
		}
		at++
		parameter := b[at:]
		if stop := bytes.IndexAny(parameter, "|}"); stop >= 0 {
			parameter = parameter[:stop]
		}
		name, value, isNamed := bytes.Cut(parameter, []byte("="))
		switch key := strings.ToLower(string(bytes.TrimSpace(name))); {
		case isNamed && key == "content":
			n = at + len(name) + 1
			at = len(b)
		case isNamed:
			named[key] = string(bytes.TrimSpace(value))
		default:
			plain = append(plain, key)
		}
	}
	if len(plain) >= 3 {
		day, found = newDay(plain[0], plain[1], plain[2])
	} else {
		day, found = newDay(named["year"], named["month"], named["day"])
	}
	return max(n, len("{{")), day, found
}

// dayOfPage returns the day that the first template of the portal names.
func dayOfPage(page []byte) (time.Time, bool) {
	const looked = 100 // at most so many templates
	for range looked {
		i := bytes.Index(page, []byte("{{"))
		if i < 0 {
			break
		}
		page = page[i:]
		if isPortal(page) {
			if _, day, found := portalAt(page); found {
				return day, true
			}
		}
		page = page[len("{{"):]
	}
	return time.Time{}, false
}
