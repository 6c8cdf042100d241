package ingest

import (
	"context"
	"errors"
	"maps"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// fence stores records of one source, each behind the one that its writer
// believes to be the source's last.
type fence struct {
	broker *broker.Broker
	stream string
	all    string // the subjects of the source's records
	others int    // above 0: others write to the log too, for the next so many records
}

func newFence(b *broker.Broker, name pipeline.Name, source string) fence {
	return fence{broker: b, stream: name.LogStream().Name, all: name.LogSubject("*", source)}
}

// aloneAgain is how many records are stored under the source's own fence
// before the whole log's is tried again.
const aloneAgain = 256

// put stores a record behind the source's last. As long as nobody else writes
// to the log that is the log's last, which is cheaper for the broker to check.
// Errors are those of broker.Put.
func (f *fence) put(ctx context.Context, subject string, last uint64, h broker.Header, data []byte) (uint64, error) {
	if f.others == 0 && last > 0 {
		sequence, err := f.broker.Put(ctx, f.stream, subject, "", last, maps.Clone(h), data) // which adds to the header
		if !errors.Is(err, broker.ErrConflict) {
			return sequence, err
		}
		f.others = aloneAgain
	}
	f.others = max(0, f.others-1)
	return f.broker.Put(ctx, f.stream, subject, f.all, last, h, data)
}

// lastRecord is the source's last, broker.ErrEmpty when there is none.
func (f *fence) lastRecord(ctx context.Context) (broker.Record, error) {
	return f.broker.Last(ctx, f.stream, f.all)
}
