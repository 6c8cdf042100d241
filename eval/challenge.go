package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tidings"
	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Limits of a challenge.
const (
	unpairedMax  = 1 << 16         // labelled documents that wait for what the champion says of them
	unheardMax   = 1 << 12         // what the champion said of documents that the challenger has not met
	championWait = 5 * time.Second // how long they wait when nothing of the champion comes
	recentLooked = 1000            // documents of the running accuracy
)

// Challenge lets a model learn a pipeline's log beside the one that is in
// service, without being heard, and compares both on the same documents: what
// the champion said first is read from what it committed, what the challenger
// says is said before it learns.
type Challenge struct {
	Broker *broker.Broker
	Stored pipeline.Plan // of the pipeline
	Oracle *Oracle       // the challenger: made by NewChallenger
	From   uint64        // the log message with which it begins
	To     uint64        // the message behind which it ends; 0: never, it follows
	Behind uint64        // only documents behind this message are compared
	Duel   *Duel

	// Learnt, if set, is called behind every message of the log, with its
	// sequence; it may wait. Its error ends the challenge.
	Learnt func(ctx context.Context, sequence uint64) error
	// Compared, if set, is called when documents were compared.
	Compared func(ctx context.Context) error

	Confusion metric.Confusion // of all that the challenger predicted, compared or not
	Recent    *metric.Windowed
	Documents uint64
	Unpaired  uint64 // labelled documents of which nothing of the champion came in time
	Caught    bool   // it has met all that the log held when it began

	said     []Said // of the challenger, oldest first, that the champion has not been heard of yet
	champion []Said // likewise
	heard    uint64 // up to which message the champion was heard
	end      uint64 // the log's last message when it began
}

// NewChallenger makes an oracle that goes its own way: promotions in the log are
// of other models. It begins with nothing, or with a version.
func NewChallenger(p pipeline.Plan, v *pipeline.ModelVersion) (*Oracle, error) {
	p.Start, p.Fixed = pipeline.Promotion{}, false
	o, err := NewOracle(p)
	if err != nil {
		return nil, err
	}
	o.own = true
	if v != nil {
		if err := v.Fits(p.Features); err != nil {
			return nil, err
		}
		o.learner.Begin(v)
		o.take(v)
	}
	return o, nil
}

// Position is the entry that the oracle met last.
func (o *Oracle) Position() tidings.Position { return o.position }

// Run runs until its end, or until ctx ends, which is an error.
func (c *Challenge) Run(ctx context.Context) error {
	stream := c.Stored.Pipeline.LogStream().Name
	if err := pipeline.CheckBegin(ctx, c.Broker, c.Stored.Pipeline, c.From); err != nil {
		return err
	}
	var err error
	if c.end, err = c.Broker.LastSequence(ctx, stream); err != nil {
		return err
	}
	if c.Recent == nil {
		c.Recent = metric.NewWindowed(recentLooked)
	}
	c.Oracle.Tally.Begin(c.From - 1)
	c.Oracle.Each = func(e *pipeline.Entry, _ []uint32) { c.predicted(e) }
	if c.To > 0 && c.From > c.To || c.end < c.From {
		c.Caught = true
		if c.To > 0 {
			return nil
		}
	}
	reading, stop := context.WithCancel(ctx)
	champion := c.listen(reading, max(c.From-1, c.Behind))
	log := c.read(reading, stream)
	defer func() {
		stop()
		champion.wait()
		log.wait()
	}()
	return c.loop(ctx, log, champion)
}

// loop is the goroutine that owns the challenger and the comparison.
func (c *Challenge) loop(ctx context.Context, log *stream[[]broker.Record], champion *stream[heard]) error {
	said := champion.items
	patience := time.NewTimer(championWait)
	defer patience.Stop()
	for {
		records := log.items
		switch {
		case c.done() && (len(c.said) == 0 || said == nil || c.heard >= c.To):
			return nil
		case c.done(), len(c.said) >= unpairedMax && said != nil: // the champion is behind
			records = nil
		}
		hearing := said
		if len(c.champion) >= unheardMax { // the challenger is behind
			hearing = nil
		}
		if records == nil {
			patience.Reset(championWait)
		}
		select {
		case batch, ok := <-records:
			if !ok {
				return log.err
			}
			for _, r := range batch {
				if err := c.learn(ctx, r); err != nil {
					return err
				}
				if c.done() {
					break
				}
			}
		case h, ok := <-hearing:
			if !ok {
				if said = nil; champion.err != nil && ctx.Err() == nil {
					return fmt.Errorf("what the champion said cannot be read: %w", champion.err)
				}
				continue
			}
			c.hear(h)
		case <-patience.C:
			c.giveUp()
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := c.compare(ctx); err != nil {
			return err
		}
	}
}

// done says whether the challenger has met all that it is to.
func (c *Challenge) done() bool { return c.To > 0 && c.Oracle.Tally.To >= c.To }

// giveUp goes on without the champion where nothing of it comes.
func (c *Challenge) giveUp() {
	switch {
	case c.done():
		c.Unpaired += uint64(len(c.said))
		c.said, c.heard = c.said[:0], c.To
	case len(c.said) >= unpairedMax:
		c.Unpaired += uint64(len(c.said) / 2)
		c.said = slices.Delete(c.said, 0, len(c.said)/2)
	}
}

func (c *Challenge) learn(ctx context.Context, r broker.Record) error {
	if err := c.Oracle.Take(ctx, r); err != nil {
		return err
	}
	c.Caught = c.Caught || r.Sequence >= c.end
	if c.Learnt == nil {
		return nil
	}
	return c.Learnt(ctx, r.Sequence)
}

// predicted takes what the challenger says.
func (c *Challenge) predicted(e *pipeline.Entry) {
	c.Documents++
	if e.Truth == "" {
		return
	}
	c.Confusion.Add(e.Truth, e.Label)
	c.Recent.Add(e.Truth == e.Label)
	if e.Position.Sequence > c.Behind {
		c.said = append(c.said, newSaid(e.Position, e.Truth, e.Label, e.Probability, e.Scores))
	}
}

func (c *Challenge) hear(h heard) {
	c.heard = max(c.heard, h.to)
	c.champion = append(c.champion, h.said...)
}

// compare sets side by side what both have said by now.
func (c *Challenge) compare(ctx context.Context) error {
	labels := len(c.Oracle.Model().Labels())
	i, j, before := 0, 0, c.Duel.Documents()
	for i < len(c.said) && j < len(c.champion) {
		switch order := c.said[i].Position.Compare(c.champion[j].Position); {
		case order < 0:
			c.Unpaired++
			i++
		case order > 0:
			j++
		default:
			c.Duel.Add(&c.champion[j], &c.said[i], labels)
			i, j = i+1, j+1
		}
	}
	for ; i < len(c.said) && c.said[i].Position.Sequence <= c.heard; i++ {
		c.Unpaired++ // the champion has no word of it
	}
	c.said, c.champion = slices.Delete(c.said, 0, i), slices.Delete(c.champion, 0, j)
	if c.Duel.Documents() == before || c.Compared == nil {
		return nil
	}
	return c.Compared(ctx)
}

// stream hands on what a goroutine reads.
type stream[T any] struct {
	items chan T
	err   error // set before items is closed
	ended chan struct{}
}

func (s *stream[T]) wait() { <-s.ended }

func newStream[T any](ctx context.Context, ahead int, fill func(hand func(T) bool) error) *stream[T] {
	s := &stream[T]{items: make(chan T, ahead), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		defer close(s.items)
		s.err = fill(func(v T) bool {
			select {
			case s.items <- v:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return s
}

// heard is what the champion said of a stretch of the log that ends there.
type heard struct {
	to   uint64
	said []Said
}

// championAhead is how many stretches of the champion's are held at most.
const championAhead = 16

// listen reads what the champion says of documents behind a message.
func (c *Challenge) listen(ctx context.Context, after uint64) *stream[heard] {
	return newStream(ctx, championAhead, func(hand func(heard) bool) error {
		results, err := pipeline.OpenResultsBehind(ctx, c.Broker, c.Stored, after)
		if err != nil {
			return err
		}
		defer results.Close()
		last := tidings.Position{Sequence: after, Line: ^uint32(0)}
		for {
			u, err := results.Next(ctx)
			if err != nil {
				return err
			}
			h := heard{to: u.To}
			for i := range u.Entries {
				e := &u.Entries[i]
				if e.Position.Compare(last) <= 0 { // it comes again
					continue
				}
				last = e.Position
				if e.Kind == pipeline.DocumentEntry && e.Truth != "" {
					h.said = append(h.said, newSaid(e.Position, e.Truth, e.Label, e.Probability, e.Scores))
				}
			}
			if !hand(h) {
				return ctx.Err()
			}
		}
	})
}

// read reads the log.
func (c *Challenge) read(ctx context.Context, name string) *stream[[]broker.Record] {
	return newStream(ctx, 1, func(hand func([]broker.Record) bool) error {
		r, err := c.Broker.Read(ctx, name, c.From, broker.ReaderOptions{Ahead: 256})
		if err != nil {
			return err
		}
		defer r.Close()
		for {
			records, err := r.Next(ctx)
			if errors.Is(err, broker.ErrGone) {
				err = fmt.Errorf("%w: the log was trimmed (--keep) faster than it is read here; begin later with --start", err)
			}
			if err != nil {
				return err
			}
			if !hand(slices.Clone(records)) {
				return ctx.Err()
			}
		}
	})
}
