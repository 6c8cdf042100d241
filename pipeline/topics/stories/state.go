package stories

import (
	"cmp"
	"math"
	"slices"

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
	options Options // with defaults
	df      *features.DF
	began   uint64
	closed  uint64                // to make room
	open    []*story              // by id
	of      map[uint64][]*posting // by term, to look up only
	newest  *story                // heard of last; the others follow by older
	oldest  *story

	slots  []uint32
	hashes []uint64
	terms  []term // of the document
	likes  []*story
	ranked []*posting
}

// New starts from nothing; the options must have passed Check.
func New(o Options) *State {
	return &State{options: o.WithDefaults(), df: features.NewDF(dfOptions()), of: map[uint64][]*posting{}}
}

func dfOptions() features.Options {
	return features.Options{DFHalfLife: features.HalfLife{Documents: dfHalfLife}, DFTerms: dfTerms}
}

// Open is how many stories are open, Closed how many had to be closed for others.
func (s *State) Open() int      { return len(s.open) }
func (s *State) Closed() uint64 { return s.closed }

// Observe takes the next document and returns the id of its story, which may be
// a new one.
func (s *State) Observe(d Document) uint64 {
	s.weigh(d)
	best, similarity := s.nearest(d)
	if best == nil || similarity < s.options.Similarity {
		best = s.begin(d)
	}
	s.join(best, d)
	return best.ID
}

// Story is what is known of an open one.
func (s *State) Story(id uint64) (Story, bool) {
	i, found := s.place(id)
	if !found {
		return Story{}, false
	}
	return s.open[i].told(), true
}

// place is where a story is, or would be, among the open ones.
func (s *State) place(id uint64) (int, bool) {
	return slices.BinarySearchFunc(s.open, id, func(a *story, id uint64) int { return cmp.Compare(a.ID, id) })
}

// weigh counts the document's terms and fills s.terms with the weightiest, in
// the document's order, scaled to a norm of 1.
func (s *State) weigh(d Document) {
	s.df.Tick(features.NoTime)
	s.hashes = s.hashes[:0]
	for _, t := range d.Terms {
		s.hashes = append(s.hashes, d.Dict.Hash(t.Ref))
	}
	s.slots = s.df.Resolve(s.slots, s.hashes)
	documents := s.df.Documents(0)
	n := float64(documents.N())
	unit := float64(dfOptions().DFUnit())
	s.terms = s.terms[:0]
	for i, t := range d.Terms {
		df := float64(s.df.Observe(s.slots[i]))
		if df > common*n && n > 100*unit {
			continue
		}
		weight := float64(1+math.Log(float64(t.Count))) * math.Pow(math.Log((n+unit)/max(df, 1)), rarity)
		s.terms = append(s.terms, term{hash: s.hashes[i], weight: weight, ref: t.Ref})
	}
	s.terms = weightiest(s.terms, termsOfDocument)
	scale(s.terms, norm(s.terms))
}

// nearest is the story that the document is most like, of equal ones the oldest.
func (s *State) nearest(d Document) (best *story, similarity float64) {
	s.likes = s.likes[:0]
	for _, t := range s.terms {
		for _, p := range s.of[t.hash] {
			if p.story.dot == 0 {
				s.likes = append(s.likes, p.story)
			}
			p.story.dot += float64(t.weight * p.weight)
		}
	}
	for _, story := range s.likes {
		like := story.dot / story.norm
		story.like, story.dot = like, 0
		if bound := like * sameLabel; bound < similarity || bound < s.options.Similarity {
			continue // nor will fading make it more
		}
		if d.Time != NoTime && story.To != NoTime && d.Time > story.To {
			like *= math.Exp(-float64(d.Time-story.To) / float64(s.options.Fade))
		}
		if d.Label != "" && story.Label == d.Label {
			like *= sameLabel
		}
		if like > similarity || like == similarity && best != nil && story.ID < best.ID {
			best, similarity = story, like
		}
	}
	return best, similarity
}

// begin opens a story, and closes another where there are too many.
func (s *State) begin(d Document) *story {
	if len(s.open) >= s.options.StoriesMax {
		s.close(s.oldest)
	}
	s.began++
	b := &story{Story: Story{ID: s.began, From: d.Time, To: d.Time, First: d.Position}}
	s.open = append(s.open, b)
	b.like = s.options.Similarity // no less than whoever joins
	s.hear(b)
	return b
}

func (s *State) close(c *story) {
	s.closed++
	for _, p := range c.terms {
		s.forget(p)
	}
	s.unlink(c)
	if i, found := s.place(c.ID); found {
		s.open = slices.Delete(s.open, i, i+1)
	}
}

// join puts the document into the story.
func (s *State) join(b *story, d Document) {
	if b.Documents > 0 {
		s.unlink(b)
		s.hear(b)
		b.From, b.To = earlier(b.From, d.Time), max(b.To, d.Time)
	}
	b.Documents++
	b.count(d.Label)
	b.centre(d.Position)
	for _, p := range b.terms {
		p.weight *= older
	}
	for _, t := range s.terms {
		p := s.posting(t.hash, b)
		if p == nil {
			p = &posting{term: term{hash: t.hash}, story: b, text: string(d.Dict.Text(t.ref))}
			b.terms = append(b.terms, p)
			s.of[t.hash] = append(s.of[t.hash], p)
		}
		p.weight += t.weight
	}
	s.cut(b)
	b.norm = 0
	for _, p := range b.terms {
		b.norm += float64(p.weight * p.weight)
	}
	b.norm = math.Sqrt(b.norm)
}

// cut takes a story's lightest terms away where it has too many.
func (s *State) cut(b *story) {
	if len(b.terms) <= termsOfStory {
		return
	}
	s.ranked = append(s.ranked[:0], b.terms...)
	slices.SortFunc(s.ranked, func(p, q *posting) int { return heavier(p.term, q.term) })
	least := s.ranked[termsOfStory-1].term
	b.terms = slices.DeleteFunc(b.terms, func(p *posting) bool { return heavier(p.term, least) > 0 })
	for _, p := range s.ranked[termsOfStory:] {
		s.forget(p)
	}
}

// posting is a story's part of a term, or nil.
func (s *State) posting(hash uint64, b *story) *posting {
	for _, p := range s.of[hash] {
		if p.story == b {
			return p
		}
	}
	return nil
}

// earlier is the earlier of two times, either of which can be NoTime.
func earlier(a, b int64) int64 {
	if a == NoTime || b != NoTime && b < a {
		return b
	}
	return a
}

// forget takes a story out of those that have a term.
func (s *State) forget(p *posting) {
	of := s.of[p.hash]
	if i := slices.Index(of, p); i >= 0 {
		of = slices.Delete(of, i, i+1)
	}
	if len(of) == 0 {
		delete(s.of, p.hash)
		return
	}
	s.of[p.hash] = of
}

// hear puts a story before all others.
func (s *State) hear(b *story) {
	b.older, b.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = b
	} else {
		s.oldest = b
	}
	s.newest = b
}

func (s *State) unlink(b *story) {
	if b.newer != nil {
		b.newer.older = b.older
	} else {
		s.newest = b.older
	}
	if b.older != nil {
		b.older.newer = b.newer
	} else {
		s.oldest = b.newer
	}
}
