package topics

import (
	"fmt"

	"tidings"
)

// By says which documents share windows.
type By string

// What windows can be kept by. The zero value keeps one series of windows for
// all documents.
const (
	ByAll    By = ""
	BySource By = "source" // each source has windows of its own
	ByLabel  By = "label"  // each predicted label has
)

// ParseBy reads what String shows.
func ParseBy(s string) (By, error) {
	switch s {
	case "all":
		return ByAll, nil
	case string(BySource), string(ByLabel):
		return By(s), nil
	}
	return ByAll, fmt.Errorf("windows by %q are not known; write all, source or label", s)
}

// String returns "all", "source" or "label".
func (b By) String() string {
	if b == ByAll {
		return "all"
	}
	return string(b)
}

// Limits of windows by key. A key takes room while it has an open window, and
// under Options.PopularUntil as long as its next window can ask for its last.
const (
	KeysMaxDefault = 1_000
	KeysMaxLimit   = 10_000
	// SilentWindows is after how many windows' worth of documents of all keys a
	// count window by key is closed that none of them belonged to, full or not.
	SilentWindows = 100
)

// key is a document's, and whether it is one that can be told apart.
func (b By) key(d *Document) (key string, told bool) {
	switch b {
	case BySource:
		key = d.Source
	case ByLabel:
		key = d.Label
	}
	if len(key) > tidings.LabelBytesMax {
		return Other, false
	}
	return key, true
}

// hash is of a key, 0 where there are none, so that windows of all documents
// go to partitions by their number alone. FNV-1a (Fowler, Noll, Vo), finished as
// digests are.
func (b By) hash(key string) uint64 {
	if b == ByAll {
		return 0
	}
	return hashOf(key)
}

func hashOf(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// Owner is the partition that counts a window and tells of it. Successive
// windows, and those of different keys, go to different partitions. Where a
// window depends on the one before (PopularUntil), all windows of a definition
// and key have one owner, so that it knows by itself what the one before was.
func (o Options) Owner(w Window, partitions int) int {
	share := w.Number
	for _, d := range o.Windows {
		if d.String() == w.Definition {
			share = o.shareOf(d, w.Number)
		}
	}
	return o.owner(hashOf(w.Definition), o.By.hash(w.Key), share, max(partitions, 1))
}

// shareOf is the number by which a window is divided among partitions: its own,
// or of a session that of the stretch between two cuts in which it lies.
func (o Options) shareOf(d Definition, number int64) int64 {
	if d.kind == session {
		return floorDiv(number, int64(o.sessionMax()))
	}
	return number
}

func (o Options) owner(definition, key uint64, number int64, partitions int) int {
	n := uint64(partitions)
	if o.PopularUntil > 0 {
		return int(mix(definition^key) % n)
	}
	at := number % int64(partitions)
	if at < 0 {
		at += int64(partitions)
	}
	return int((uint64(at) + key%n) % n)
}
