package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tidings"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Rebuild computes a pipeline's state behind a position of its log again, to
// the bit: it replays the log, from the last version that took over before, or
// from the first message where labels come later than their documents, which may
// stand before that. Line ^0 is the end of a message. each, if not nil, is
// called on the way with how many of the messages are done. What was deleted
// from the log and is needed is an error that says so.
func Rebuild(ctx context.Context, b *broker.Broker, p pipeline.Plan, at tidings.Position, each func(done, of uint64)) (*pipeline.ModelVersion, error) {
	stream := p.Pipeline.LogStream().Name
	last, err := b.LastSequence(ctx, stream)
	if err != nil {
		return nil, err
	}
	if at.Sequence == 0 || at.Sequence > last {
		return nil, fmt.Errorf("there is no position %v in the log of pipeline %s: it has messages 1 to %d", at, p.Pipeline, last)
	}
	o, err := NewOracle(p)
	if err != nil {
		return nil, err
	}
	o.Promotions = pipeline.NewPromotions(b, p)
	from, err := replayFrom(ctx, b, o.Promotions, at)
	if err != nil {
		return nil, err
	}
	if err := o.upTo(ctx, b, from, at, each); err != nil {
		return nil, err
	}
	v := o.Version()
	v.Origin = pipeline.VersionOrigin{Pipeline: p.Pipeline, Position: o.position.String()}
	return v, nil
}

// replayFrom is the message from which the log has to be replayed to have the
// state at a position.
func replayFrom(ctx context.Context, b *broker.Broker, promotions *pipeline.Promotions, at tidings.Position) (uint64, error) {
	first, err := pipeline.LogBegin(ctx, b, promotions.Pipeline)
	if err != nil {
		return 0, err
	}
	from := uint64(1)
	late := false
	promotion, found, err := promotions.Last(ctx, at.Sequence)
	if err != nil {
		return 0, err
	}
	if found {
		if late, err = labelled(ctx, b, promotions.Pipeline, promotion.Position.Sequence, at.Sequence); err != nil {
			return 0, err
		}
		if !late {
			from = promotion.Position.Sequence
		}
	}
	if from >= first {
		return from, nil
	}
	why := "no version took over behind that"
	if late {
		why = fmt.Sprintf("version %d took over behind that, but labels that came later are of documents before", promotion.Promotion.Number)
	}
	return 0, fmt.Errorf("the log of pipeline %s begins at message %d, what was before is deleted, and %s: the state at %v cannot be computed again; keep more of the log, or save versions before it is trimmed", promotions.Pipeline, first, why, at)
}

// labelled says whether labels come later between two messages.
func labelled(ctx context.Context, b *broker.Broker, name pipeline.Name, from, to uint64) (bool, error) {
	f, err := b.Finder(ctx, name.LogStream().Name)
	if err != nil {
		return false, err
	}
	r, err := f.From(ctx, name.LogSubject(pipeline.LabelRecord, ">"), from)
	if errors.Is(err, broker.ErrEmpty) {
		return false, nil
	}
	return err == nil && r.Sequence <= to, err
}

// upTo feeds the log from a message to a position to the oracle.
func (o *Oracle) upTo(ctx context.Context, b *broker.Broker, from uint64, at tidings.Position, each func(done, of uint64)) error {
	r, err := b.Read(ctx, o.plan.Pipeline.LogStream().Name, from, broker.ReaderOptions{Ahead: 1024})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for _, record := range records {
			if record.Sequence == at.Sequence {
				record.Data = firstLines(record.Data, at.Line)
			}
			if err := o.Take(ctx, record); err != nil {
				return err
			}
			if each != nil {
				each(record.Sequence-from+1, at.Sequence-from+1)
			}
			if record.Sequence == at.Sequence {
				return nil
			}
		}
	}
}

// firstLines are a message's lines up to one, empty lines not counted.
func firstLines(data []byte, last uint32) []byte {
	at := 0
	for line := uint32(0); at < len(data); {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			return data
		}
		if end > 0 {
			if line == last {
				return data[:at+end]
			}
			line++
		}
		at += end + 1
	}
	return data
}
