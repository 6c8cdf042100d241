package pipeline

import (
	"context"
	"fmt"
	"io"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// past is what a partition has met, in the order in which it met it, as its own
// stream says. It is read along and not held.
type past struct {
	name  string
	to    uint64 // how many log messages, over all lanes
	alone bool   // nothing comes behind it

	// Where all partitions go back together it is what counts of the stream, behind
	// the log sequence that the state was restored to.
	released *guarantees.Attempt // of that what is released alone; nil: all of it

	gate    *gate
	after   uint64
	last    uint64 // sequence of the stream's last record
	holds   bool
	reader  *broker.Reader
	records []broker.Record
	at      uint64 // how many messages so far
	ended   bool
}

// until is up to which log sequence the partition's inputs are of interest.
func (p *past) until() uint64 {
	if p.released != nil {
		return p.released.Complete
	}
	return ^uint64(0)
}

// open begins to read it, nil where there is nothing.
func (p past) open(ctx context.Context, r *reading) (_ *past, err error) {
	p.holds, p.gate, p.after = r.plan.Holds(), r.gate, r.after
	if p.to == 0 || p.holds && p.to <= r.after*uint64(r.plan.Partitions.Tokenize) {
		return nil, nil
	}
	if p.holds {
		if p.last, err = r.broker.LastSequence(ctx, p.name); err != nil || p.last == 0 {
			return nil, err
		}
	}
	p.reader, err = r.broker.Read(ctx, p.name, 1, broker.ReaderOptions{})
	return &p, err
}

// next is what was met next, io.EOF behind the last.
func (p *past) next(ctx context.Context) (m guarantees.Met, err error) {
	for !p.ended && (p.holds || p.at < p.to) {
		if len(p.records) == 0 {
			if p.records, err = p.reader.Next(ctx); err != nil {
				return m, err
			}
		}
		r := p.records[0]
		p.records = p.records[1:]
		p.ended = p.holds && r.Sequence >= p.last
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			return m, err
		}
		counts, err := p.counts(ctx, r, h)
		if err != nil {
			return m, err
		}
		if !counts {
			continue
		}
		if h.Met.Lane == 0 || !p.holds && h.From != p.at+1 {
			return m, fmt.Errorf("stream %s, record %d: it does not say what was met behind %d messages: the stream is damaged, rebuild it from the log with another --pipeline", p.name, r.Sequence, p.at)
		}
		p.at = h.To
		return h.Met, nil
	}
	return m, io.EOF
}

// counts says whether a record tells of something that has to be met again.
func (p *past) counts(ctx context.Context, r broker.Record, h guarantees.Header) (bool, error) {
	_, to := h.Span()
	switch {
	case h.Kind != guarantees.Done:
		return false, nil
	case !p.holds:
		return true, nil
	case to <= p.after || to > p.until():
		return false, nil
	}
	return p.gate.admits(ctx, r)
}

func (p *past) close() {
	if p.reader != nil {
		p.reader.Close()
	}
}
