package feed

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tidings"
	"tidings/internal/htmltext"
)

// document makes a document of an item. Its time is when it was published, or
// updated where that is not said; it cannot be later than now, when it was read,
// and is now where the feed does not say anything.
func (m *item) document(feed string, label bool, now time.Time) tidings.Document {
	d := tidings.Document{ID: m.id(feed), Time: m.time, Title: text(m.title, false), Text: text(m.text, m.plain)}
	if d.Time.IsZero() || d.Time.After(now) || d.Time.Year() < 1 {
		d.Time = now.UTC()
	}
	if label {
		d.Labels = labels(m.categories)
		if len(d.Labels) > 0 {
			d.Label = d.Labels[0]
		}
	}
	return d
}

// text makes plain text.
func text(s string, plain bool) string {
	if plain {
		return strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd"))
	}
	return string(htmltext.Text(nil, []byte(s)))
}

// id is what the item is called by its source. A guid that is an address or
// another name with a scheme is the same article in whichever feed it stands;
// any other is a name within its feed only. An item without a guid is known by
// its link, and one without either by its words.
func (m *item) id(feed string) string {
	switch {
	case m.guid != "" && global(m.guid):
		return fit(m.guid, feed)
	case m.guid != "":
		return fit(feed+"#"+m.guid, feed)
	case m.link != "" && global(m.link):
		return fit(m.link, feed)
	case m.link != "":
		return fit(feed+"#"+m.link, feed)
	}
	return feed + "#" + hash(m.title+"\x00"+m.text)
}

func global(name string) bool {
	u, err := url.Parse(name)
	return err == nil && u.Scheme != "" && len(u.Opaque)+len(u.Host) > 0
}

// fit keeps a name that can be written down, and hashes another.
func fit(name, feed string) string {
	if len(name) <= tidings.IDBytesMax && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) {
		return name
	}
	return clip(feed) + "#" + hash(name)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// labels are the categories as a document can have them: in their order, each
// once, without those that are too long.
func labels(categories []string) (all []string) {
	for _, c := range categories {
		c = text(c, false)
		if c != "" && len(c) <= tidings.LabelBytesMax && !slices.Contains(all, c) && len(all) < tidings.LabelsMax {
			all = append(all, c)
		}
	}
	return all
}

// sortByTime puts the oldest first; those without a time stand where they stood,
// counted from the end, for feeds put the newest first.
func sortByTime(items []item) {
	slices.Reverse(items)
	last := time.Time{}
	for i := range items { // an item without a time is as old as the one before it
		if items[i].time.IsZero() {
			items[i].order = last
			continue
		}
		items[i].order = items[i].time
		last = items[i].time
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Or(a.order.Compare(b.order), cmp.Compare(b.place, a.place)) })
}

// newest are the newest items by time, or where that is equal the first.
func newest(items []item, n int) []item {
	slices.SortStableFunc(items, func(a, b item) int { return b.time.Compare(a.time) })
	items = slices.Clone(items[:n])
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.place, b.place) })
	return items
}
