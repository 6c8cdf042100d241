package topics

import (
	"fmt"
	"math"
	"time"

	"tidings"
)

// Burst is a term, or two words that stand beside each other, that more
// documents of a window have than was to be expected.
type Burst struct {
	Text      string `json:"text"`
	Documents uint64 `json:"documents"` // of the window that have it
	// Expected is how many would have it if it were as frequent as it was in the
	// documents before.
	Expected float64 `json:"expected"`
	// Score is how sure the rise is: the log-likelihood ratio, -2 log λ (Dunning
	// 1993, section 5). Chance alone gives 10.8 or more to one term in a thousand.
	Score float64 `json:"score"`
}

// Story is an event that documents of a window tell of, as it stood when the
// window was told.
type Story struct {
	ID        uint64    `json:"id"`             // equal in all windows that tell of it
	Here      uint64    `json:"here"`           // documents of the window
	Documents uint64    `json:"documents"`      // of the story, before and behind the window too
	Since     time.Time `json:"since,omitzero"` // event time of its earliest document, UTC
	Label     string    `json:"label,omitempty"`
	First     Place     `json:"first"`   // the document that it began with
	Central   []Place   `json:"central"` // documents that are most like it, the most central one first
	Terms     []string  `json:"terms"`   // that weigh most in it, the weightiest first
	// Name and Headline are for people. They need the documents' texts, which
	// windows do not have: readers fill them in, and no digest has them.
	Name     string `json:"name,omitempty"`
	Headline string `json:"headline,omitempty"`
}

// What windows tell of bursts and stories, at most.
const (
	BurstsTopMax  = 100 // Options.Bursts
	StoriesTopMax = 100 // Options.Stories
	StoryTermsMax = 8   // terms of a story
)

// Place is a position in the log that is "sequence/line" in JSON.
type Place struct{ tidings.Position }

// MarshalText returns "sequence/line".
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Place) UnmarshalText(text []byte) error {
	var at tidings.Position
	if n, err := fmt.Sscanf(string(text), "%d/%d", &at.Sequence, &at.Line); n != 2 || err != nil || at.String() != string(text) {
		return fmt.Errorf("%q is no position in the log; one looks like 12/3", text)
	}
	p.Position = at
	return nil
}

func (b *Burst) digest(h digest) {
	h.text(b.Text)
	h.number(b.Documents)
	h.number(math.Float64bits(b.Expected))
	h.number(math.Float64bits(b.Score))
}

func (s *Story) digest(h digest) {
	for _, n := range []uint64{s.ID, s.Here, s.Documents, uint64(s.Since.UnixNano())} {
		h.number(n)
	}
	h.text(s.Label)
	for _, p := range append([]Place{s.First}, s.Central...) {
		h.number(p.Sequence)
		h.number(uint64(p.Line))
	}
	for _, t := range s.Terms {
		h.text(t)
	}
}
