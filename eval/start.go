package eval

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Start says where in a log reading begins. The zero value is the first message
// that is kept.
type Start struct {
	Position tidings.Position // this document; the zero position: not so
	Last     uint64           // so many documents; 0: not so
	Time     time.Time        // the first document with this event time or a later one; zero: not so
}

// ParseStart reads "first", "-100000" (the last so many documents), "12/3" or
// "12" (a position), or a time ("2024-03-01", RFC 3339).
func ParseStart(text string) (s Start, err error) {
	if text == "" || text == "first" {
		return Start{}, nil
	}
	if digits, last := strings.CutPrefix(text, "-"); last {
		if s.Last, err = strconv.ParseUint(strings.ReplaceAll(digits, "_", ""), 10, 64); err == nil && s.Last > 0 {
			return s, nil
		}
	}
	if sequence, err := strconv.ParseUint(text, 10, 64); err == nil && sequence > 0 {
		return Start{Position: tidings.Position{Sequence: sequence}}, nil
	}
	if s.Position, err = tidings.ParsePosition(text); err == nil {
		return s, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly, "2006-01", "2006"} {
		if s.Time, err = time.Parse(form, text); err == nil && form != "2006" {
			return Start{Time: s.Time}, nil
		}
	}
	return Start{}, fmt.Errorf("%.60q is no place in a log; write first, a time (2024-03-01), -100000 for the last so many documents, or a position (12/3)", text)
}

// Find is the log message that holds the start, in a log that is whole from
// begin to last; a *pipeline.TrimmedError where that is deleted.
func (s Start) Find(ctx context.Context, b *broker.Broker, name pipeline.Name, begin, last uint64) (uint64, error) {
	switch at := s.Position.Sequence; {
	case at > 0 && at < begin:
		return 0, &pipeline.TrimmedError{Pipeline: name, Wanted: at, Begin: begin}
	case at > last:
		return 0, fmt.Errorf("there is no position %v in the log of pipeline %s: it has %d/0 to %d", s.Position, name, begin, last)
	case at > 0:
		return at, nil
	case s.Last > 0:
		return lastDocuments(ctx, b, name, s.Last, begin, last)
	case !s.Time.IsZero():
		return sinceTime(ctx, b, name, s.Time, begin, last)
	}
	return begin, nil
}

// Blocks in which a log is read backwards; each is twice as large as the one
// before.
const (
	backFirst = 1024
	backMax   = 1 << 16
)

// lastDocuments is the message with which the last n documents begin, or the
// log's first.
func lastDocuments(ctx context.Context, b *broker.Broker, name pipeline.Name, n, begin, last uint64) (uint64, error) {
	stream, articles := name.LogStream().Name, name.LogSubject(pipeline.ArticleRecord, ">")
	seen := uint64(0)
	for block, to := uint64(backFirst), last; to >= begin && to > 0; block = min(2*block, backMax) {
		from := max(begin, to-min(block-1, to-1))
		var sizes []messageSize
		err := b.Scan(ctx, stream, articles, from, to, func(r broker.Record) error {
			sizes = append(sizes, messageSize{r.Sequence, 1 + uint64(bytes.Count(r.Data, []byte{'\n'}))})
			return nil
		})
		if err != nil {
			return 0, err
		}
		for i := len(sizes) - 1; i >= 0; i-- {
			if sizes[i].sequence > to {
				continue
			}
			if seen += sizes[i].documents; seen >= n {
				return sizes[i].sequence, nil
			}
		}
		to = from - 1
	}
	return begin, nil
}

// messageSize is how many documents a message holds.
type messageSize struct{ sequence, documents uint64 }

// sinceTime is the first message with a document of that event time or a later
// one; behind the last where there is none.
func sinceTime(ctx context.Context, b *broker.Broker, name pipeline.Name, at time.Time, begin, last uint64) (uint64, error) {
	if last < begin {
		return begin, nil
	}
	r, err := b.Read(ctx, name.LogStream().Name, begin, broker.ReaderOptions{Ahead: 1024})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	tokenize := pipeline.NewTokenize(pipeline.Plan{}.WithDefaults().Features, func(uint64) bool { return true })
	var u pipeline.Unit
	for {
		records, err := r.Next(ctx)
		if err != nil {
			return 0, err
		}
		for _, record := range records {
			u.Reset()
			u.AddLog(record)
			if err := tokenize.Step(&u); err != nil {
				return 0, err
			}
			for i := range u.Entries {
				e := &u.Entries[i]
				if p := e.Prediction(); e.Kind == pipeline.DocumentEntry && !p.Time.IsZero() && !p.Time.Before(at) {
					return record.Sequence, nil
				}
			}
			if record.Sequence >= last {
				return last + 1, nil
			}
		}
	}
}
