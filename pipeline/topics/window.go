package topics

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings"
)

// Window is what was predicted of the documents in a window. When it is final
// no document is added to it any more.
type Window struct {
	Definition string    `json:"definition"`     // Definition.String
	Key        string    `json:"key,omitempty"`  // of its documents, if Options.By asks for windows by key
	Number     int64     `json:"number"`         // with Definition, its name: no other final window has both. Of a session its start in Unix nanoseconds
	Start      time.Time `json:"start,omitzero"` // event time in UTC, part of the window; zero for count windows
	End        time.Time `json:"end,omitzero"`   // event time in UTC, no longer part of it; zero for count windows. Of a session its last event time and the gap
	// Provisional says that documents can still be added; Revision is how many
	// results of the window came before. A session that is still open can begin
	// earlier, and so have another number, in a later result.
	Provisional bool   `json:"provisional,omitempty"`
	Revision    uint64 `json:"revision,omitempty"`

	// At is where the document, or the end of a source, stands in the log with
	// which the result was told. The pipeline's stage fills it in; no digest has it.
	At Place `json:"at,omitzero"`

	First     uint64  `json:"first,omitempty"` // ordinals of the first and the last document among all that
	Last      uint64  `json:"last,omitempty"`  // were observed, from 1; 0 for event-time windows
	Documents uint64  `json:"documents"`
	Shares    []Share `json:"shares"` // most documents first, equal ones by label
	// Bursts are terms that rose, the surest first; Stories are what most
	// documents tell of, most first. As many as Options say, none unless asked for.
	Bursts  []Burst `json:"bursts,omitempty"`
	Stories []Story `json:"stories,omitempty"`
	// Forgotten is how many terms had to go for others: beyond 0 the documents of
	// bursts can be too few by some, and bursts of few documents be missing.
	Forgotten uint64 `json:"forgotten,omitempty"`
}

// Share is one label's part of a window.
type Share struct {
	Label     string  `json:"label"` // "": no label was known yet
	Documents uint64  `json:"documents"`
	Share     float64 `json:"share"`             // of the window's documents, in (0, 1]
	Popular   bool    `json:"popular,omitempty"` // above Options.Popular; never for "" and Other, which name no topic
}

// Digest hashes everything in the window but the floating-point shares, which
// follow from the counts. The sum of the digests of many windows does not
// depend on their order, nor on which partition emitted them.
func (w Window) Digest() uint64 {
	h := newDigest(w.Definition, w.Number)
	if w.Key != "" {
		h.text(w.Key)
	}
	h.number(w.First)
	h.number(w.Last)
	h.number(w.Documents)
	if w.Provisional || w.Revision > 0 {
		h.text(strconv.FormatBool(w.Provisional))
		h.number(w.Revision)
	}
	for _, s := range w.Shares {
		h.text(s.Label)
		h.number(s.Documents)
		h.text(strconv.FormatBool(s.Popular))
	}
	for i := range w.Bursts {
		h.number(uint64(i))
		w.Bursts[i].digest(h)
	}
	for i := range w.Stories {
		h.number(uint64(i))
		w.Stories[i].digest(h)
	}
	if w.Forgotten > 0 {
		h.text("forgotten")
		h.number(w.Forgotten)
	}
	return h.sum()
}

// window is one that is still open. Windows that another partition owns are
// kept without tallies: how many are open must not depend on the partitions.
type window struct {
	of        *series
	number    int64  // of a session its start, Unix nanoseconds
	last      int64  // of a session its last event time; of a count window the ordinal of its last document
	first     uint64 // ordinal of its first document
	documents uint64
	results   uint64 // emitted so far, all provisional
	told      uint64 // documents at the last of them
	owned     bool
	index     map[string]int // place of a label among tallies
	tallies   []tally        // in the order in which the labels came
	contents  *contents      // what its documents say; nil: nothing was read
}

type tally struct {
	label     string
	documents uint64
}

func newWindow(number int64, first uint64, owned bool) *window {
	w := &window{number: number, first: first, owned: owned}
	if owned {
		w.index = make(map[string]int)
	}
	return w
}

// add counts one document.
func (w *window) add(label string, labelsMax int) {
	w.documents++
	if !w.owned {
		return
	}
	w.tallies[w.place(label, labelsMax)].documents++
}

// place is where a label is counted.
func (w *window) place(label string, labelsMax int) int {
	if len(label) > tidings.LabelBytesMax {
		label = Other
	}
	at, known := w.index[label]
	if !known && w.labels() >= labelsMax {
		label = Other
		at, known = w.index[label]
	}
	if !known {
		at = w.learn(label)
	}
	return at
}

// swallow adds all that another window of the partition has counted.
func (w *window) swallow(other *window, labelsMax int) {
	w.last, w.first = max(w.last, other.last), min(w.first, other.first)
	w.results, w.told = max(w.results, other.results), 0
	w.documents += other.documents
	w.contents = w.contents.swallow(other.contents)
	for _, t := range other.tallies {
		w.tallies[w.place(t.label, labelsMax)].documents += t.documents
	}
}

// labels is how many labels the window tells apart; Other is none of them.
func (w *window) labels() int {
	if _, overflown := w.index[Other]; overflown {
		return len(w.tallies) - 1
	}
	return len(w.tallies)
}

// learn gives the label a tally. The label is copied: it may be a piece of a
// message that the window would otherwise keep in memory.
func (w *window) learn(label string) int {
	label = strings.Clone(label)
	w.index[label] = len(w.tallies)
	w.tallies = append(w.tallies, tally{label: label})
	return len(w.tallies) - 1
}

// shares sorts out what the window holds. A label that was popular in the window
// before stays so as long as Options.PopularUntil says.
func (w *window) shares(o *Options, before *past) []Share {
	shares := make([]Share, len(w.tallies))
	for i, t := range w.tallies {
		share := float64(t.documents) / float64(w.documents)
		popular := share > o.Popular || o.PopularUntil > 0 && share >= o.PopularUntil && before.was(t.label)
		shares[i] = Share{
			Label:     t.label,
			Documents: t.documents,
			Share:     share,
			Popular:   popular && t.label != "" && t.label != Other,
		}
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), strings.Compare(a.Label, b.Label))
	})
	return shares
}
