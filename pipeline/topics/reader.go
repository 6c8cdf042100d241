package topics

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"tidings/pipeline/topics/bursts"
	"tidings/pipeline/topics/stories"
)

// Reader reads what documents say: which of their terms can burst, and which
// story they tell. It is the same for all windows and partitions, so one Reader
// serves the States of all partitions that a goroutine runs (State.Share).
type Reader struct {
	options    Options
	background *bursts.Background // nil: no window tells bursts
	terms      bursts.Terms       // of the document read last
	stories    *stories.State     // nil: no window tells stories
	spare      []*contents        // of windows that are told
}

// spareMax is how many windows' memory is kept for others.
const spareMax = 4

// NewReader makes one before the first document; nil where the options ask for
// neither bursts nor stories.
func NewReader(o Options) *Reader {
	if !o.Reads() {
		return nil
	}
	r := &Reader{options: o.WithDefaults()}
	if o.Bursts > 0 {
		r.background = bursts.NewBackground()
	}
	if o.Stories > 0 {
		r.stories = stories.New(stories.Options{})
	}
	return r
}

// Reads says whether documents are read: whether Document.Terms is needed, and
// Document.Words for bursts.
func (o Options) Reads() bool { return o.Bursts > 0 || o.Stories > 0 }

// Read reads the next document, before the States that share the Reader observe
// it. What it finds is valid until the next one is read. A nil Reader finds
// nothing.
func (r *Reader) Read(d *Document) {
	if r == nil {
		return
	}
	if r.background != nil {
		r.background.Read(&r.terms, d.Dict, d.Words)
		d.bursting = &r.terms
	}
	if r.stories != nil {
		d.story = r.stories.Observe(stories.Document{Position: d.Position, Time: d.Time, Label: d.Label, Dict: d.Dict, Terms: d.Terms})
	}
}

// contents is what the documents of an open window say.
type contents struct {
	terms   bursts.Window
	stories map[uint64]uint64 // documents, by the id of their story
}

func (r *Reader) contents() *contents {
	if n := len(r.spare); n > 0 {
		c := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return c
	}
	return r.options.contents()
}

func (o Options) contents() *contents {
	return &contents{terms: bursts.Window{Max: o.termsOfWindow()}, stories: map[uint64]uint64{}}
}

// Limits of the terms that open windows count for bursts. A window has room for
// bursts.TermsMax. Windows by key share room for termsOfKeys of a definition, as
// if every key had as many open as it can need, but each has termsOfKey at least.
const (
	termsOfKeys = 1 << 22
	termsOfKey  = 1 << 10
)

// termsOfWindow is how many terms a window counts. It depends on the options
// alone, as partitions must tell the same.
func (o Options) termsOfWindow() int {
	if o.By == ByAll {
		return bursts.TermsMax
	}
	open := int64(1)
	for _, d := range o.Windows {
		if d.kind == tumbling || d.kind == sliding || d.kind == session {
			open = max(open, d.openNeeded(o.OutOfOrder+o.Lateness, o.sessionMax()))
		}
	}
	return int(max(termsOfKeys/(open*int64(o.keysMax()+1)), termsOfKey))
}

// let keeps the memory of a window that has been told for the last time.
func (r *Reader) let(c *contents) {
	if r == nil || c == nil || len(r.spare) >= spareMax {
		return
	}
	c.terms.Reset()
	clear(c.stories)
	r.spare = append(r.spare, c)
}

// read reads a document where nobody else does.
func (s *State) read(d *Document) {
	if s.shared || !s.options.Reads() {
		return
	}
	if s.reader == nil {
		s.reader = NewReader(s.options)
	}
	s.reader.Read(d)
}

// hear adds what a document says to a window that it is in.
func (s *State) hear(w *window, d *Document) {
	if s.reader == nil || !w.owned {
		return
	}
	if w.contents == nil {
		w.contents = s.reader.contents()
	}
	if d.bursting != nil {
		w.contents.terms.Add(d.bursting)
	}
	if d.story > 0 {
		w.contents.stories[d.story]++
		s.reader.prune(w.contents)
	}
}

// prune forgets stories of a window that are closed, for they are told no more,
// where it has many. What is left is at most as many as can be open.
func (r *Reader) prune(c *contents) {
	if len(c.stories) <= storiesOfWindow {
		return
	}
	maps.DeleteFunc(c.stories, func(id, _ uint64) bool {
		return !r.stories.Has(id)
	})
}

// storiesOfWindow is how many stories a window counts documents of.
const storiesOfWindow = 4 * stories.StoriesMaxDefault

// swallow adds all that another window's documents say.
func (c *contents) swallow(other *contents) *contents {
	if c == nil || other == nil {
		return cmp.Or(c, other)
	}
	c.terms.Merge(&other.terms)
	for id, documents := range other.stories { // sums, in any order
		c.stories[id] += documents
	}
	return c
}

// tell adds to a window's result what its documents say.
func (r *Reader) tell(w *Window, c *contents) {
	if r == nil || c == nil {
		return
	}
	w.Forgotten = c.terms.Forgotten()
	for _, b := range c.terms.Top(w.Documents, r.options.Bursts) {
		w.Bursts = append(w.Bursts, Burst(b))
	}
	if r.stories != nil {
		w.Stories = r.largest(c)
	}
}

// storyMin is how many documents of a window a story has at least to be told.
const storyMin = 2

// largest are the stories that most documents of a window tell and that are open
// still, of equal ones the older first.
func (r *Reader) largest(c *contents) (told []Story) {
	ids := make([]uint64, 0, len(c.stories))
	for id, documents := range c.stories {
		if documents >= storyMin {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(c.stories[b], c.stories[a]), cmp.Compare(a, b))
	})
	for _, id := range ids {
		if len(told) == r.options.Stories {
			break
		}
		if s, open := r.stories.Story(id); open {
			told = append(told, storyTold(s, c.stories[id]))
		}
	}
	return told
}

func storyTold(s stories.Story, here uint64) Story {
	t := Story{ID: s.ID, Here: here, Documents: s.Documents, Label: s.Label, First: Place{s.First}}
	if s.From != NoTime {
		t.Since = time.Unix(0, s.From).UTC()
	}
	for _, p := range s.Central {
		t.Central = append(t.Central, Place{p})
	}
	for _, term := range s.Terms[:min(len(s.Terms), StoryTermsMax)] {
		t.Terms = append(t.Terms, term.Text)
	}
	return t
}

// append adds the contents of a window to what is saved of it. Nil is empty.
func (c *contents) append(b []byte) []byte {
	if c == nil {
		c = &contents{}
	}
	b = c.terms.Append(b)
	b = binary.AppendUvarint(b, uint64(len(c.stories)))
	for _, id := range slices.Sorted(maps.Keys(c.stories)) {
		b = binary.AppendUvarint(binary.AppendUvarint(b, id), c.stories[id])
	}
	return b
}

// contentsBytesMax is more than append adds.
const contentsBytesMax = bursts.BytesMax + (2*storiesOfWindow+1)*binary.MaxVarintLen64

func (c *contents) restore(d *decoder) {
	rest, err := c.terms.Restore(d.rest)
	if d.need(err == nil); d.err != nil {
		return
	}
	d.rest = rest
	last := uint64(0)
	for range d.upTo(storiesOfWindow) {
		id := d.uvarint()
		d.need(id > last)
		last = id
		c.stories[id] = d.uvarint()
		if d.need(c.stories[id] > 0); d.err != nil {
			return
		}
	}
}

// displaced is how many times something of the Reader's made room for another.
func (r *Reader) displaced() (terms, stories uint64) {
	if r == nil {
		return 0, 0
	}
	if r.background != nil {
		terms = r.background.Dropped()
	}
	if r.stories != nil {
		stories = r.stories.Closed()
	}
	return terms, stories
}

// Save writes what the Reader knows so that LoadReader can go on with it. Equal
// ones are saved as equal bytes.
func (r *Reader) Save(w io.Writer) error {
	if r == nil {
		return nil
	}
	if r.background != nil {
		if err := r.background.Save(w); err != nil {
			return err
		}
	}
	if r.stories != nil {
		return r.stories.Save(w)
	}
	return nil
}

// LoadReader reads what Save wrote under the same options, and nothing beyond it.
func LoadReader(from io.Reader, o Options) (r *Reader, err error) {
	if r = NewReader(o); r == nil {
		return nil, nil
	}
	if r.background != nil {
		if r.background, err = bursts.Load(from); err != nil {
			return nil, fmt.Errorf("load topic windows: %w", err)
		}
	}
	if r.stories != nil {
		if r.stories, err = stories.Load(from, stories.Options{}); err != nil {
			return nil, fmt.Errorf("load topic windows: %w", err)
		}
	}
	return r, nil
}
