package topics

import (
	"slices"
	"sort"
	"strings"
)

// series are the windows of one key, one after another. A definition without
// keys has one.
type series struct {
	key    string
	hash   uint64    // of the key
	open   []*window // by number
	near   int       // place in open of the window found last; a guess, never trusted
	heard  uint64    // of count windows by key: ordinal of its last document
	before past
}

// past is what the next window of a series may ask of the one that closed last.
// All partitions know of it, its owner alone what it was.
type past struct {
	known  bool
	number int64    // Options.shareOf it
	labels []string // popular ones, in order
}

// at returns the open window with that number, or nil. Most documents fall in
// the window of the one before.
func (sr *series) at(number int64) *window {
	if sr.near < len(sr.open) && sr.open[sr.near].number == number {
		return sr.open[sr.near]
	}
	i := sr.search(number)
	if i == len(sr.open) || sr.open[i].number != number {
		return nil
	}
	sr.near = i
	return sr.open[i]
}

func (sr *series) search(number int64) int {
	return sort.Search(len(sr.open), func(i int) bool { return sr.open[i].number >= number })
}

// add opens a window that is not open yet.
func (sr *series) add(w *window) {
	i := sr.search(w.number)
	sr.open = slices.Insert(sr.open, i, w)
	sr.near = i
}

// of returns the document's series: that of its key, a new one, or, where there
// are as many as there may be, that of the key Other. pooled says that.
func (s *State) of(t *track, d *Document) (sr *series, pooled bool) {
	if s.options.By == ByAll {
		return t.series[0], false
	}
	key, told := s.options.By.key(d)
	if t.near != nil && t.near.key == key {
		return t.near, !told
	}
	sr, known := t.keys[key]
	if !known && key != Other && t.told() >= s.options.keysMax() {
		key, told = Other, false
		sr, known = t.keys[key]
	}
	if !known {
		sr = t.begin(key, s.options.By.hash(key))
	}
	t.near = sr
	return sr, !told
}

// told is how many keys have series of their own.
func (t *track) told() int {
	if _, pooled := t.keys[Other]; pooled {
		return len(t.series) - 1
	}
	return len(t.series)
}

// begin adds a series. The key is copied: it may be a piece of a message.
func (t *track) begin(key string, hash uint64) *series {
	sr := &series{key: strings.Clone(key), hash: hash}
	t.keep(sr)
	return sr
}

// keep puts a series among the others, unless it is there.
func (t *track) keep(sr *series) {
	if t.keys == nil || t.keys[sr.key] == sr {
		return
	}
	i, _ := t.find(sr.key)
	t.series = slices.Insert(t.series, i, sr)
	t.keys[sr.key] = sr
}

func (t *track) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.series, key, func(sr *series, key string) int { return strings.Compare(sr.key, key) })
}

// holds says whether the series holds anything.
func (sr *series) holds() bool { return len(sr.open) > 0 || sr.before.known }

// forget drops the series that hold nothing any more, so that keys which fell
// silent take no room.
func (t *track) forget() {
	if t.keys == nil {
		return
	}
	t.near = nil
	t.series = slices.DeleteFunc(t.series, func(sr *series) bool {
		if !sr.holds() {
			delete(t.keys, sr.key)
		}
		return !sr.holds()
	})
}

// drop is forget, of one series.
func (t *track) drop(sr *series) {
	if t.keys == nil || sr.holds() {
		return
	}
	i, _ := t.find(sr.key)
	t.series = slices.Delete(t.series, i, i+1)
	delete(t.keys, sr.key)
	t.near = nil
}

// was says whether a label was popular in the window before.
func (p *past) was(label string) bool {
	_, popular := slices.BinarySearch(p.labels, label)
	return popular
}
