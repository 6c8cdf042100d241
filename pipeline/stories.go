package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/pipeline/topics/bursts"
	"tidings/pipeline/topics/stories"
)

// StoriesTopMax is how many stories of a period can be asked for, storiesOfPeriod
// how many a period tells apart: further ones that begin in it are in none.
const (
	StoriesTopMax   = 100
	storiesOfPeriod = 1 << 16
)

// StoriesWanted says what TellStories tells.
type StoriesWanted struct {
	Every   time.Duration // length of a period of event time; they begin at its multiples from 1970 on
	Top     int           // stories of a period
	Rises   int           // of a period; 0: none are looked for
	Options stories.Options
}

// StoryPeriod is a period of event time, with the stories that most of its
// documents tell, most first.
type StoryPeriod struct {
	Start, End time.Time
	Documents  uint64
	Stories    []PeriodStory
	Rises      []PeriodRise
}

// PeriodRise is terms that rise together in a period, against all documents
// before, and documents that have most of them.
type PeriodRise struct {
	Bursts  []bursts.Burst
	Central []tidings.Position
}

// Told is the rise as stories.Called takes it, without what its documents name.
func (r PeriodRise) Told() stories.Told {
	told := stories.Told{Here: r.Bursts[0].Documents}
	for _, b := range r.Bursts[:min(len(r.Bursts), burstsOfName)] {
		for word := range strings.FieldsSeq(b.Text) {
			told.Terms = append(told.Terms, stories.Term{Text: word, Weight: b.Score})
		}
	}
	return told
}

// burstsOfName are those by which a rise is named.
const burstsOfName = 5

// PeriodStory is a story as it stood at the end of a period.
type PeriodStory struct {
	stories.Story
	Here uint64 // documents of the period
}

// TellStories groups the documents that a pipeline has predicted into stories,
// in log order, and calls each for each period that has any when a document of a
// later one comes, and at the end. Documents without a time are in no period,
// ones that come behind their period in the one that they come in. It is a
// projection: a function of the log and of what is committed by now, computed
// anew from the first document that the log still holds. met is called with each
// document.
func TellStories(ctx context.Context, b *broker.Broker, p Plan, w StoriesWanted, met func(), each func(StoryPeriod) error) error {
	texts, err := openTexts(ctx, b, p.Pipeline, w.Rises > 0)
	if err != nil {
		return err
	}
	defer texts.close()
	t := &teller{wanted: w, state: stories.New(w.Options), each: each, here: map[uint64]uint64{}, period: noPeriod}
	if w.Rises > 0 {
		t.background = bursts.NewBackground()
	}
	err = EachCommitted(ctx, b, p, func(e *Entry) error {
		if e.Kind != DocumentEntry {
			return nil
		}
		text, err := texts.terms(ctx, e.Position)
		if errors.Is(err, ErrNotLogged) {
			return nil // the log was trimmed
		}
		if err != nil {
			return err
		}
		met()
		return t.document(e, text)
	})
	if err != nil {
		return err
	}
	return t.end()
}

// noPeriod is the number of none.
const noPeriod = -1 << 62

// teller counts the stories of the period that goes on.
type teller struct {
	wanted    StoriesWanted
	state     *stories.State
	each      func(StoryPeriod) error
	period    int64
	documents uint64
	here      map[uint64]uint64 // documents of the period, by story

	background *bursts.Background // nil: no rises are wanted
	terms      bursts.Terms
	window     bursts.Window // of the period, as company
	company    bursts.Company
	positions  []tidings.Position // of the period's documents that company can know, at most positionsMax
}

// positionsMax is how many of a period's documents can be among the central ones
// of what rises.
const positionsMax = 1 << 20

func (t *teller) document(e *Entry, text text) error {
	if e.Time != noTime {
		n := e.Time / int64(t.wanted.Every)
		if e.Time%int64(t.wanted.Every) < 0 {
			n--
		}
		if n > t.period {
			if err := t.end(); err != nil {
				return err
			}
			t.period = n
		}
	}
	id := t.state.Observe(stories.Document{Position: e.Position, Time: e.Time, Label: e.Label, Dict: text.dict, Terms: text.terms})
	if t.background != nil {
		t.background.Read(&t.terms, text.dict, text.words)
	}
	if e.Time == noTime {
		return nil
	}
	t.documents++
	if t.background != nil {
		t.window.Add(&t.terms)
		if len(t.positions) < positionsMax {
			t.company.Add(&t.terms, uint64(len(t.positions)))
			t.positions = append(t.positions, e.Position)
		}
	}
	if _, known := t.here[id]; known || len(t.here) < storiesOfPeriod {
		t.here[id]++
	}
	return nil
}

// end tells the period.
func (t *teller) end() error {
	if t.documents == 0 {
		return nil
	}
	start := time.Unix(0, t.period*int64(t.wanted.Every)).UTC()
	told := StoryPeriod{Start: start, End: start.Add(t.wanted.Every), Documents: t.documents}
	ids := make([]uint64, 0, len(t.here))
	for id := range t.here {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uint64) int { return cmp.Or(cmp.Compare(t.here[b], t.here[a]), cmp.Compare(a, b)) })
	for _, id := range ids {
		if story, open := t.state.Story(id); open && len(told.Stories) < t.wanted.Top {
			told.Stories = append(told.Stories, PeriodStory{story, t.here[id]})
		}
	}
	told.Rises = t.rises()
	clear(t.here)
	t.documents = 0
	return t.each(told)
}

// rises tells what rises in the period, and begins the next one.
func (t *teller) rises() (told []PeriodRise) {
	for _, r := range t.company.Rises(&t.window, t.documents, t.wanted.Rises) {
		rise := PeriodRise{Bursts: r.Bursts}
		for _, n := range r.Documents {
			rise.Central = append(rise.Central, t.positions[n])
		}
		told = append(told, rise)
	}
	t.window.Reset()
	t.company.Reset()
	t.positions = t.positions[:0]
	return told
}

// texts reads the terms of the log's documents, in order.
type texts struct {
	reader   *broker.Reader
	records  []broker.Record
	tokenize *Tokenize
	unit     Unit // of one message
}

// text is what a document says.
type text struct {
	dict  *features.Dictionary
	terms []features.TermCount
	words []uint32 // in their order, where that is asked for
}

func openTexts(ctx context.Context, b *broker.Broker, name Name, ordered bool) (*texts, error) {
	stream := name.LogStream().Name
	first, err := b.FirstSequence(ctx, stream)
	if err != nil {
		return nil, err
	}
	r, err := b.Read(ctx, stream, first, broker.ReaderOptions{})
	if err != nil {
		return nil, err
	}
	t := &texts{reader: r, tokenize: NewTokenize(features.Options{}, func(uint64) bool { return true })}
	t.tokenize.Ordered = ordered
	return t, nil
}

// terms are those of the document at a position, ErrNotLogged where there is
// none. They are valid until the next call; positions must not go back.
func (t *texts) terms(ctx context.Context, at tidings.Position) (text, error) {
	for t.unit.To < at.Sequence {
		if len(t.records) == 0 {
			var err error
			if t.records, err = t.reader.Next(ctx); err != nil {
				return text{}, err
			}
		}
		if t.records[0].Sequence > at.Sequence {
			return text{}, ErrNotLogged
		}
		t.unit.Reset()
		t.unit.AddLog(t.records[0])
		t.records = t.records[1:]
	}
	if t.unit.To == at.Sequence && len(t.unit.Entries) == 0 {
		if err := t.tokenize.Step(&t.unit); err != nil {
			return text{}, err
		}
	}
	i, found := slices.BinarySearchFunc(t.unit.Entries, at, func(e Entry, at tidings.Position) int { return e.Position.Compare(at) })
	if !found || t.unit.Entries[i].Kind != DocumentEntry {
		return text{}, ErrNotLogged
	}
	return text{&t.unit.Dict, t.unit.TermsOf(&t.unit.Entries[i]), t.unit.WordsOf(&t.unit.Entries[i])}, nil
}

func (t *texts) close() { t.reader.Close() }
