package ledger

import (
	"context"
	"fmt"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// recentMax is how many log messages log remembers the labels of. Where records
// are met as they arrive, a lane goes on behind where another one is.
const recentMax = 512

// log reads labels, those of documents and those that came later, from a
// pipeline's log, ahead in one go, and back where a range comes again.
type log struct {
	recent   [][]Update // of the messages before next, the last one last
	broker   *broker.Broker
	stream   string
	reader   *broker.Reader
	records  []broker.Record
	next     uint64
	last     uint64 // of the log, as far as known
	tokenize *pipeline.Tokenize
	versions *pipeline.Promotions
	fixed    bool // nothing is learnt
	unit     pipeline.Unit
	each     func(e *pipeline.Entry, terms int) // sees every entry, if it is set, before its label
}

func newLog(b *broker.Broker, p pipeline.Plan) *log {
	return &log{versions: pipeline.NewPromotions(b, p), fixed: p.Fixed, broker: b, stream: p.Pipeline.LogStream().Name, tokenize: pipeline.NewTokenize(p.Features, func(uint64) bool { return true })}
}

func (l *log) close() {
	if l.reader != nil {
		l.reader.Close()
	}
}

// updates are the labels that a record's replica learnt, and the versions that
// took over there.
func (l *log) updates(ctx context.Context, c *pipeline.Committed, tokenizers int) (all []Update, err error) {
	learnt := &c.Unit.Learnt
	from, to := c.Span()
	part := c.Part
	if c.Met.Lane > 0 && !c.Met.Aligned {
		part = c.Met.Lane
	}
	err = l.labels(ctx, from, to, func(u Update) {
		mine := part == 0 || pipeline.Owner(u.Position.Sequence, tokenizers) == part-1
		if mine && !learnt.Left(u.Position) {
			all = append(all, u)
		}
	})
	return all, err
}

// labels reads the labels and the promotions of a range.
func (l *log) labels(ctx context.Context, from, to uint64, f func(Update)) error {
	if to > l.last { // reading would wait for it
		var err error
		if l.last, err = l.broker.LastSequence(ctx, l.stream); err != nil {
			return err
		}
		if to > l.last {
			return fmt.Errorf("a record covers log messages %d..%d, and %s ends at %d: these are not the records of this log", from, to, l.stream, l.last)
		}
	}
	if from < l.next && l.next-from <= uint64(len(l.recent)) && l.each == nil {
		at := len(l.recent) - int(l.next-from)
		for ; at < len(l.recent) && from <= to; at, from = at+1, from+1 {
			for _, u := range l.recent[at] {
				f(u)
			}
		}
		if from > to {
			return nil
		}
	}
	if l.reader == nil || from < l.next {
		l.close()
		l.recent = l.recent[:0]
		reader, err := l.broker.Read(ctx, l.stream, from, broker.ReaderOptions{Ahead: 256})
		if err != nil {
			return fmt.Errorf("the log is needed from message %d on: %w", from, err)
		}
		l.reader, l.records, l.next = reader, nil, from
	}
	for l.next <= to {
		if len(l.records) == 0 {
			var err error
			if l.records, err = l.reader.Next(ctx); err != nil {
				return fmt.Errorf("the log is needed from message %d on: %w", l.next, err)
			}
		}
		r := l.records[0]
		l.records, l.next = l.records[1:], r.Sequence+1
		if r.Sequence+recentMax < from || r.Sequence < from && l.each != nil {
			l.recent = l.recent[:0]
			continue
		}
		l.remember()
		err := l.message(ctx, r, func(u Update) {
			last := &l.recent[len(l.recent)-1]
			if *last = append(*last, u); r.Sequence >= from {
				f(u)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// remember makes room for the labels of another message.
func (l *log) remember() {
	if len(l.recent) < recentMax {
		l.recent = append(l.recent, nil)
		return
	}
	copy(l.recent, l.recent[1:])
	l.recent[len(l.recent)-1] = nil
}

func (l *log) message(ctx context.Context, r broker.Record, f func(Update)) error {
	l.unit.Reset()
	l.unit.AddLog(r)
	if err := l.versions.Judge(ctx, &l.unit); err != nil {
		return err
	}
	if err := l.tokenize.Step(&l.unit); err != nil {
		return err
	}
	for i := range l.unit.Entries {
		e := &l.unit.Entries[i]
		if l.each != nil {
			l.each(e, len(l.unit.TermsOf(e)))
		}
		switch {
		case e.Kind == pipeline.PromoteEntry:
			f(Update{Position: e.Position, takes: e.Promotion})
		case l.fixed:
		case e.Kind == pipeline.LabelEntry || e.Kind == pipeline.DocumentEntry && e.Truth != "":
			f(Update{Position: e.Position, ID: e.ID, Label: e.Truth})
		}
	}
	return nil
}
