package sample

import (
	"strconv"

	"tidings"
)

// Defaults and limits of a stream.
const (
	SeedDefault      = 20240101
	DocumentsDefault = 20_000
	DocumentsMax     = 2_000_000_000 // event times stay before the year 9999
)

// What makes the stream hard, in thousandths.
const (
	NoisePermille      = 30  // of all labels: drawn at random
	MixedPermille      = 200 // of ordinary articles: about two topics
	VaguePermille      = 130 // of ordinary articles: no sentence of the topic's own
	VaguePlainPermille = 700 // of a vague article's sentences: without the topic's words
	PlainPermille      = 250 // of other articles' sentences that fit any topic: likewise
	MixedFirstPermille = 700 // of mixed articles: labelled with the topic that they begin with
	AnglePermille      = 120 // of a story's articles: about a second topic, labelled as mixed ones
)

// Source is the source of all documents of this package.
const Source = "sample"

// Options say which stream to generate. The zero value is the default stream:
// 20,000 documents, all labelled.
type Options struct {
	// Seed names the stream; 0 means SeedDefault.
	Seed uint64
	// Documents ends the stream after so many; 0 means DocumentsDefault,
	// anything above DocumentsMax means DocumentsMax.
	Documents uint64
	// Unlabelled is the share of documents that come without label, from 0
	// (the default) to 1. Texts and the remaining labels do not depend on it.
	Unlabelled float64
}

// Generator produces one stream. It is not safe for concurrent use.
type Generator struct {
	documents  uint64
	unlabelled uint32 // of 2^20

	random   random
	names    namer
	topics   []material
	shared   shared
	calendar calendar
	stories  []story // in the order in which they began; capacity StoriesMax

	produced uint64
	tick     uint64 // counts the uses of words and sentences
	article  article
	out      []byte
}

// New returns a generator at the start of its stream.
func New(o Options) *Generator {
	if o.Seed == 0 {
		o.Seed = SeedDefault
	}
	if o.Documents == 0 {
		o.Documents = DocumentsDefault
	}
	g := &Generator{
		documents:  min(o.Documents, DocumentsMax),
		unlabelled: share(o.Unlabelled),
		names:      namer{seed: mix(o.Seed)},
		topics:     newMaterials(),
		shared:     newShared(),
		stories:    make([]story, StoriesMax),
		out:        make([]byte, 0, 2048),
	}
	for i := range g.stories {
		g.stories[i].name = make([]byte, 0, storyBytesMax)
	}
	g.stories = g.stories[:0]
	g.random.seed(o.Seed)
	g.calendar.weights = make([]uint32, len(g.topics))
	g.enterHour()
	return g
}

// share turns a share of 1 into one of 2^20. What is not a number counts as 0.
func share(x float64) uint32 {
	if !(x > 0) {
		return 0
	}
	return uint32(min(1, x) * (1 << 20))
}

// Topics returns the labels that documents of this package may have, sorted,
// including those that appear late or fade.
func Topics() []string {
	all := topics()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	return names
}

// Next returns the next document, or false when the stream has ended. The
// first document has the id "sample-000001".
func (g *Generator) Next() (tidings.Document, bool) {
	if g.produced >= g.documents {
		return tidings.Document{}, false
	}
	g.produced++
	g.advance()
	g.compose()
	all, title := string(g.out), g.article.title
	return tidings.Document{
		ID:     g.id(),
		Time:   g.calendar.time(),
		Label:  g.label(),
		Title:  all[:title],
		Text:   all[title:],
		Source: Source,
	}, true
}

// label adds the noise. The draws are made whether or not they matter, so that
// the options do not change what follows.
func (g *Generator) label() string {
	topic := g.article.label
	noisy, other := g.random.permille(NoisePermille), g.drawOther(topic)
	withheld := g.random.below(1<<20) < g.unlabelled
	switch {
	case withheld:
		return ""
	case noisy:
		return g.topics[other].name
	}
	return g.topics[topic].name
}

// id is a string of its own: who keeps ids must not keep the texts alive.
func (g *Generator) id() string {
	const digits = "000000"
	var id [len(Source) + 1 + 20]byte
	var number [20]byte
	n := strconv.AppendUint(number[:0], g.produced, 10)
	b := append(id[:0], Source+"-"...)
	b = append(b, digits[:max(0, len(digits)-len(n))]...)
	return string(append(b, n...))
}
