package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tidings"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
)

// ErrNotLogged reports that no document stands at a position of the log, or
// none any more.
var ErrNotLogged = errors.New("no document stands there in the log")

// EachCommitted calls each with what has come of every position that is
// committed by now, in log order, each position once: whoever works on goes on
// unseen. It stops at the first error of each and returns it. The entry is valid
// until each returns.
func EachCommitted(ctx context.Context, b *broker.Broker, p Plan, each func(e *Entry) error) error {
	end, err := committedTo(ctx, b, p)
	if err != nil {
		return err
	}
	results, err := OpenResults(ctx, b, p)
	if err != nil {
		return err
	}
	defer results.Close()
	var last tidings.Position
	for at := uint64(0); at < end; {
		u, err := results.Next(ctx)
		if err != nil {
			return err
		}
		for i := range u.Entries {
			e := &u.Entries[i]
			if e.Position.Compare(last) <= 0 {
				continue // it has come again
			}
			last = e.Position
			if err := each(e); err != nil {
				return err
			}
		}
		at = max(at, u.To)
	}
	return nil
}

// committedTo is the log sequence up to which all streams that results are read
// from have something.
func committedTo(ctx context.Context, b *broker.Broker, p Plan) (uint64, error) {
	if a, ok, err := p.Attempt(ctx, b); ok || err != nil {
		return a.Complete, err
	}
	stages := []string{ClassifyStage, TopicsStage}
	if p.Partitions.Chained() {
		stages = stages[:1]
	}
	end := ^uint64(0)
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			return 0, err
		}
		for i := range *p.Partitions.of(stage) {
			to, err := cursorOf(ctx, b, p.Pipeline.partitionStream(n, i).Name)
			if err != nil {
				return 0, err
			}
			end = min(end, to)
		}
	}
	return end, nil
}

// cursorOf is where the last record of a stream that moved its cursor left it.
func cursorOf(ctx context.Context, b *broker.Broker, stream string) (uint64, error) {
	last, err := b.LastSequence(ctx, stream)
	if err != nil {
		return 0, err
	}
	for ; last > 0; last-- {
		r, err := b.Record(ctx, stream, last)
		if errors.Is(err, broker.ErrEmpty) {
			return 0, nil // what is before has been purged
		}
		if err != nil {
			return 0, err
		}
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			return 0, err
		}
		if h.Kind != guarantees.Claimed && h.Kind != guarantees.Announced && h.Trigger == "" {
			return h.Through(), nil
		}
	}
	return 0, nil
}

// LogDocument reads a document from the log, ErrNotLogged where there is none.
func LogDocument(ctx context.Context, b *broker.Broker, name Name, at tidings.Position) (d tidings.Document, err error) {
	r, err := b.Record(ctx, name.LogStream().Name, at.Sequence)
	if errors.Is(err, broker.ErrEmpty) {
		return d, fmt.Errorf("position %v: %w", at, ErrNotLogged)
	}
	if err != nil {
		return d, err
	}
	row, found := lineOf(r.Data, at.Line)
	if kind, _ := logTokens(r.Subject); kind != ArticleRecord || !found {
		return d, fmt.Errorf("position %v: %w", at, ErrNotLogged)
	}
	var decoder jsonl.Decoder
	fields, err := decoder.Decode(row)
	if err == nil {
		d, err = fields.Document()
	}
	if err != nil {
		return d, fmt.Errorf("position %v: %w: %w", at, ErrNotLogged, err)
	}
	return d, nil
}

// lineOf is a line of a message; empty lines do not count.
func lineOf(data []byte, line uint32) (row []byte, found bool) {
	n := uint32(0)
	for row := range bytes.SplitSeq(data, []byte{'\n'}) {
		if len(row) == 0 {
			continue
		}
		if n == line {
			return row, true
		}
		n++
	}
	return nil, false
}
