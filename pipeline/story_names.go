package pipeline

import (
	"context"
	"errors"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/pipeline/topics/stories"
)

// Limits of StoryNames.
const (
	storyReadsMax    = 8       // documents of a story that are read for its name
	storyTextsMax    = 1 << 10 // documents whose names and headline are remembered
	headlineBytesMax = 256
)

// StoryNames finds what people call a story, and a headline of it, in the log: the
// proper names of the documents in its middle, as far as the log still holds them.
// What it says is a function of the log and the story. It remembers documents,
// for a story is told window after window. It belongs to one goroutine.
type StoryNames struct {
	broker *broker.Broker
	name   Name
	namer  *features.Namer // nil until a text is there to be named
	known  map[tidings.Position]storyText
	oldest []tidings.Position // of known
}

// storyText is what is remembered of a document.
type storyText struct {
	logged   bool
	headline string
	named    features.Named
}

// NewStoryNames reads the log of a pipeline.
func NewStoryNames(b *broker.Broker, name Name) *StoryNames {
	return &StoryNames{broker: b, name: name, known: map[tidings.Position]storyText{}}
}

// Of returns what a story of these terms is called, and a headline, which is
// that of the first of its central documents that the log holds. At most reads
// documents are looked at, and storyReadsMax. Where the log holds none, the name
// is of the weightiest terms, and there is no headline.
func (n *StoryNames) Of(ctx context.Context, terms []stories.Term, central []tidings.Position, reads int) (name, headline string, err error) {
	named, headline, err := n.Heard(ctx, central, reads)
	if err != nil {
		return "", "", err
	}
	names := make([][]string, len(named))
	for i := range named {
		names[i] = named[i].Names
	}
	return stories.Story{Terms: terms}.Name(names), headline, nil
}

// Heard returns what a story's central documents name, of each that the log holds,
// and a headline, with the limits of Of.
func (n *StoryNames) Heard(ctx context.Context, central []tidings.Position, reads int) (named []features.Named, headline string, err error) {
	for _, at := range central[:min(len(central), storyReadsMax, max(reads, 0))] {
		d, err := n.text(ctx, at)
		if err != nil {
			return nil, "", err
		}
		if !d.logged {
			continue
		}
		if named = append(named, d.named); headline == "" {
			headline = d.headline
		}
	}
	return named, headline, nil
}

// text is what a document says.
func (n *StoryNames) text(ctx context.Context, at tidings.Position) (t storyText, err error) {
	if t, known := n.known[at]; known {
		return t, nil
	}
	d, err := LogDocument(ctx, n.broker, n.name, at)
	switch {
	case errors.Is(err, ErrNotLogged):
	case err != nil:
		return t, err
	default:
		if n.namer == nil {
			if n.namer, err = features.NewNamer(); err != nil {
				return t, err
			}
		}
		t = storyText{logged: true, headline: headlineOf(d), named: n.namer.Read(d.Title + ". " + d.Text)}
	}
	n.keep(at, t)
	return t, nil
}

// keep remembers a document, and forgets another one where there are too many.
func (n *StoryNames) keep(at tidings.Position, t storyText) {
	if len(n.oldest) == storyTextsMax {
		delete(n.known, n.oldest[0])
		n.oldest = n.oldest[1:]
	}
	n.known[at] = t
	n.oldest = append(n.oldest, at)
}

// headlineOf is the title of a document, or the beginning of its text, without
// half a character at its end.
func headlineOf(d tidings.Document) string {
	s := d.Title
	if s == "" {
		s = d.Text
	}
	if len(s) <= headlineBytesMax {
		return s
	}
	end := headlineBytesMax
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + "…"
}
