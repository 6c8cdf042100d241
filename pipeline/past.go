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
	reader  *broker.Reader
	name    string
	records []broker.Record
	at, to  uint64 // how many log messages of how many
}

func openPast(ctx context.Context, b *broker.Broker, stream string, to uint64) (*past, error) {
	reader, err := b.Read(ctx, stream, 1, broker.ReaderOptions{})
	return &past{reader: reader, name: stream, to: to}, err
}

// next is what was met next, io.EOF behind the last.
func (p *past) next(ctx context.Context) (m guarantees.Met, err error) {
	for p.at < p.to {
		if len(p.records) == 0 {
			if p.records, err = p.reader.Next(ctx); err != nil {
				return m, err
			}
		}
		r := p.records[0]
		p.records = p.records[1:]
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			return m, err
		}
		if h.Kind != guarantees.Done {
			continue
		}
		if h.Met.Lane == 0 || h.From != p.at+1 {
			return m, fmt.Errorf("stream %s, record %d: it does not say what was met behind %d messages: the stream is damaged, rebuild it from the log with another --pipeline", p.name, r.Sequence, p.at)
		}
		p.at = h.To
		return h.Met, nil
	}
	return m, io.EOF
}

func (p *past) close() {
	if p.reader != nil {
		p.reader.Close()
	}
}
