// Package stories groups documents that tell the same event, as they come.
//
// It is single-pass leader clustering (Hartigan 1975, chapter 3; for news Allan,
// Papka and Lavrenko 1998, section 4): a document joins the story that it is
// most like, or begins one of its own. What it is compared with is the middle of
// a story's documents, the newer ones counting more; a story that nothing was
// heard of for a while is less likely to go on, and one whose documents have the
// document's label more.
//
// The one rule to keep: it is a function of the documents in their order. No
// clock, no chance, no map that is iterated; sums run in the order of terms. So
// stories are the same to the bit wherever they are computed.
//
// # Memory
//
// At most Options.StoriesMax stories are open, the one heard of longest ago is
// closed for a further one. A story has at most termsOfStory terms; the df of
// terms decays, and has room for dfTerms of them.
//
// A State belongs to one goroutine.
package stories

import (
	"errors"
	"fmt"
	"math"
	"time"

	"tidings"
)

// What the zero values of Options stand for. They were chosen on Wikipedia's
// current events from July 2015 to June 2016.
const (
	SimilarityDefault = 0.13
	FadeDefault       = 30 * 24 * time.Hour
	StoriesMaxDefault = 1_000
)

// StoriesMaxLimit is what Options.StoriesMax may be at most.
const StoriesMaxLimit = 100_000

// Limits of what is compared.
const (
	termsOfDocument = 15 // the weightiest
	termsOfStory    = 60 // likewise
	termsUncut      = 30 // that a story may have beyond these until it is cut to them
	labelsOfStory   = 8  // that are told apart

	olderCentral = 0.97 // what a central document's likeness counts for each that joins behind it

	older      = 0.9 // what a story's terms weigh when a document joins, before its own are added
	sameLabel  = 1.5 // how much likelier a story of the document's label is
	rarity     = 1.3 // power of a term's inverse df
	common     = 0.1 // of all documents: terms that more of them have say nothing
	commonFrom = 100 // documents, before which it is not known what is common

	scaleMin = 1e-9 // of a story, from where on its terms are weighed anew
)

// Options set up a State. The zero value works.
type Options struct {
	// Similarity is how like a story (cosine, faded) a document has to be to join
	// it, in (0, 1): the lower, the fewer and larger the stories. 0:
	// SimilarityDefault.
	Similarity float64 `json:"similarity,omitempty"`
	// Fade is after how much event time without a document a story's similarity
	// counts 1/e. 0: FadeDefault.
	Fade time.Duration `json:"fade_ns,omitempty"`
	// StoriesMax is how many stories are open at once. 0: StoriesMaxDefault.
	StoriesMax int `json:"stories_max,omitempty"`
}

// WithDefaults fills in what zero values stand for.
func (o Options) WithDefaults() Options {
	if o.Similarity == 0 {
		o.Similarity = SimilarityDefault
	}
	if o.Fade == 0 {
		o.Fade = FadeDefault
	}
	if o.StoriesMax == 0 {
		o.StoriesMax = StoriesMaxDefault
	}
	return o
}

// Check tells all that is wrong with the options, or nil.
func (o Options) Check() error {
	o = o.WithDefaults()
	var problems []error
	if !(o.Similarity > 0 && o.Similarity < 1) {
		problems = append(problems, fmt.Errorf("a similarity of %v is not possible; give a number between 0 and 1, such as %v", o.Similarity, SimilarityDefault))
	}
	if o.Fade < time.Minute || o.Fade > math.MaxInt64/2 {
		problems = append(problems, fmt.Errorf("stories that fade within %s are not possible; give a minute or more, such as %s", o.Fade, FadeDefault))
	}
	if o.StoriesMax < 1 || o.StoriesMax > StoriesMaxLimit {
		problems = append(problems, fmt.Errorf("stories_max %d is not possible; give 1 to %d", o.StoriesMax, StoriesMaxLimit))
	}
	return errors.Join(problems...)
}

// NoTime is the time of a document that has none. It neither fades stories nor
// renews them.
const NoTime int64 = math.MinInt64

// Story is what is known of one.
type Story struct {
	ID        uint64 // in the order in which stories began, from 1
	Documents uint64
	Label     string // that most of its documents have, of several the one whose name sorts first
	// From and To are the event times of its first and its newest document, Unix
	// nanoseconds; NoTime when none had one.
	From, To int64
	First    tidings.Position // the document that it began with
	// Central are documents that were most like the story when they joined, the
	// newer ones counting more; the most central one first, at most CentralMax.
	Central []tidings.Position
	Terms   []Term // the weightiest, most of them first, at most TermsTold
}

// Term is a term of a story, and how much it weighs there.
type Term struct {
	Text   string
	Weight float64
}

// How much of a story is told.
const (
	TermsTold  = 20
	CentralMax = 8
)
