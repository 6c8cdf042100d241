package stories

import (
	"math"

	"tidings"
	"tidings/features"
)

// Document is what is read of one.
type Document struct {
	Position tidings.Position
	Time     int64  // Unix nanoseconds, or NoTime
	Label    string // predicted
	Dict     *features.Dictionary
	Terms    []features.TermCount // of Dict
}

// State has the stories of a stream.
type State struct {
	options   Options // with defaults
	frequency *frequency
	began     uint64
	closed    uint64 // to make room
	stories   shelf
	index     index
	labels    names

	// Scratch of the document that is looked at.
	terms  []weighed
	dfs    []uint32
	ranks  ranks
	ranked []weighed
	likes  []uint32 // stories that share a term with it
}

// New starts from nothing; the options must have passed Check.
func New(o Options) *State {
	return &State{options: o.WithDefaults(), frequency: newFrequency(), stories: newShelf()}
}

// Open is how many stories are open, Closed how many had to be closed for others.
func (s *State) Open() int      { return s.stories.open }
func (s *State) Closed() uint64 { return s.closed }

// Observe takes the next document and returns the id of its story, which may be
// a new one.
func (s *State) Observe(d Document) uint64 {
	s.weigh(d)
	best, similarity := s.nearest(d)
	if best == none || similarity < s.options.Similarity {
		best = s.begin(d)
	}
	s.join(best, d)
	return s.stories.at[best].ID
}

// Story is what is known of an open one.
func (s *State) Story(id uint64) (Story, bool) {
	slot := s.stories.find(id)
	if slot == none {
		return Story{}, false
	}
	return s.told(slot), true
}

// Has says whether a story is open.
func (s *State) Has(id uint64) bool { return s.stories.find(id) != none }

// weigh counts the document's terms and fills s.terms with the weightiest, the
// heaviest first, scaled to a norm of 1.
func (s *State) weigh(d Document) {
	f := s.frequency
	f.tick()
	n := f.documents
	most := ^uint32(0) // df of a term that says anything
	if n > commonFrom*frequencyUnit {
		most = uint32(common * float64(n))
	}
	ranks := &s.ranks
	kept := 0
	hashes := d.Dict.Hashes()
	s.dfs = s.dfs[:0]
	for _, t := range d.Terms { // in a loop of its own, as it waits for memory
		s.dfs = append(s.dfs, f.count(hashes[t.Ref]))
	}
	for i, df := range s.dfs {
		t := d.Terms[i]
		if df > most {
			continue
		}
		weight := rarityOf(n, df)
		if t.Count > 1 {
			weight *= often(t.Count)
		}
		kept = ranks.keep(kept, rank{weight, uint32(i), hashes[t.Ref]})
	}
	s.terms = s.terms[:0]
	var squares float64
	for _, r := range ranks[:kept] {
		weight := float64(r.weight)
		squares += float64(weight * weight)
		s.terms = append(s.terms, weighed{hash: r.hash, weight: weight, ref: d.Terms[r.at].Ref})
	}
	norm := math.Sqrt(squares) // no weight is 0
	for i := range s.terms {
		s.terms[i].weight /= norm
	}
}

// nearest is the story that the document is most like, of equal ones the oldest.
func (s *State) nearest(d Document) (best uint32, similarity float64) {
	sides := s.stories.sides
	s.likes = s.likes[:0]
	s.index.fetch(s.terms)
	for i := range s.terms {
		s.terms[i].term = s.index.find(s.terms[i].hash)
	}
	s.index.fetchPostings(s.terms)
	for _, t := range s.terms {
		if t.term == none {
			continue
		}
		for _, p := range s.index.terms[t.term].of {
			side := &sides[p.story]
			if side.dot == 0 {
				s.likes = append(s.likes, p.story)
			}
			side.dot += float64(t.weight * p.weight)
		}
	}
	best = none
	for _, slot := range s.likes {
		side := &sides[slot]
		like := side.dot * side.unit
		side.like, side.dot = like, 0
		if bound := like * sameLabel; bound < similarity || bound < s.options.Similarity {
			continue // nor will fading make it more
		}
		b := &s.stories.at[slot]
		if d.Time != NoTime && b.To != NoTime && d.Time > b.To {
			like *= faded(float64(d.Time-b.To) / float64(s.options.Fade))
		}
		if d.Label != "" && b.Label == d.Label {
			like *= sameLabel
		}
		if like > similarity || like == similarity && best != none && b.ID < s.stories.at[best].ID {
			best, similarity = slot, like
		}
	}
	return best, similarity
}

// begin opens a story, and closes another where there are too many.
func (s *State) begin(d Document) uint32 {
	if s.stories.open >= s.options.StoriesMax {
		s.close(s.stories.oldest)
		for i := range s.terms { // its terms may have gone
			s.terms[i].term = s.index.find(s.terms[i].hash)
		}
	}
	s.began++
	slot := s.stories.take(s.began)
	b := &s.stories.at[slot]
	b.From, b.To, b.First = d.Time, d.Time, d.Position
	s.stories.sides[slot].like = s.options.Similarity // no less than whoever joins
	return slot
}

func (s *State) close(slot uint32) {
	s.closed++
	for _, l := range s.stories.at[slot].terms {
		s.forget(l)
	}
	s.stories.release(slot)
}

// join puts the document into the story.
func (s *State) join(slot uint32, d Document) {
	b := &s.stories.at[slot]
	if b.Documents > 0 {
		s.stories.hear(slot)
		b.From, b.To = earlier(b.From, d.Time), max(b.To, d.Time)
	}
	b.Documents++
	b.count(&s.labels, d.Label)
	b.centre(d.Position, s.stories.sides[slot].like)
	b.scale *= older
	var dot, squares float64
	for _, t := range s.terms {
		squares += float64(t.weight * t.weight)
		if t.term == none {
			t.term = s.index.add(t.hash, d.Dict.Text(t.ref))
		}
		p := s.share(t.term, slot)
		dot += float64(t.weight * p.weight)
		p.weight += t.weight / b.scale
	}
	b.squares = float64(b.squares*older*older) + float64(2*b.scale*dot) + squares
	if len(b.terms) > termsOfStory+termsUncut || b.scale < scaleMin {
		s.cut(b)
	}
	s.stories.measure(slot)
}

// share is a story's part of a term, a new one where it has none.
func (s *State) share(term, slot uint32) *posting {
	of := s.index.terms[term].of
	for i := range of {
		if of[i].story == slot {
			return &of[i]
		}
	}
	b := &s.stories.at[slot]
	p := s.index.append(term, posting{story: slot, link: uint32(len(b.terms))})
	b.terms = append(b.terms, link{term, uint32(len(s.index.terms[term].of) - 1)})
	return p
}

// forget takes a story out of those that have a term.
func (s *State) forget(l link) {
	if moved, is := s.index.remove(l); is {
		s.stories.at[moved.story].terms[moved.link].posting = l.posting
	}
}

// posting is where a link leads.
func (s *State) posting(l link) *posting { return &s.index.terms[l.term].of[l.posting] }

// earlier is the earlier of two times, either of which can be NoTime.
func earlier(a, b int64) int64 {
	if a == NoTime || b != NoTime && b < a {
		return b
	}
	return a
}
