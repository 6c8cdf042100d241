package eval

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// warmUp is the share of the documents that Load does not measure.
const warmUp = 10 // one in so many

// Load measures how long a document takes from the log to its committed
// prediction while so many come each second, one a message, and nothing goes
// wrong. The documents are the first ones, at most limit, of the log of the
// pipeline named from, on the same broker; the first tenth of them warms up and
// is not measured. p names a pipeline that is not there yet.
func Load(ctx context.Context, b *broker.Broker, from pipeline.Name, p pipeline.Plan, perSecond float64, limit int) (*metric.Latency, error) {
	documents, err := logLines(ctx, b, from, limit)
	if err != nil || len(documents) == 0 {
		return new(metric.Latency), err
	}
	if err := pipeline.Create(ctx, b, p); err != nil {
		return nil, err
	}
	r, err := pipeline.NewRunner(b, p, "", "load")
	if err != nil {
		return nil, err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	var worked, fed error
	running.Go(func() {
		worked = r.Run(working)
		stop()
	})
	running.Go(func() {
		if fed = feed(working, b, p, documents, perSecond); fed != nil {
			stop()
		}
	})
	latency := new(metric.Latency)
	seen := 0
	_, err = Follow(working, b, p, ^uint64(0), func(u *pipeline.Unit) {
		for i := range u.Entries {
			e := &u.Entries[i]
			if e.Kind == pipeline.BarrierEntry {
				continue
			}
			if seen++; seen > len(documents)/warmUp && e.Committed > 0 {
				latency.Record(time.Duration(e.Committed - e.Logged))
			}
		}
		if seen >= len(documents) {
			stop()
		}
	})
	if seen >= len(documents) {
		err = nil
	}
	stop()
	running.Wait()
	if worked != nil {
		return latency, worked
	}
	if err != nil && fed != nil {
		err = fed
	}
	return latency, err
}

// logLines reads the first documents of a log.
func logLines(ctx context.Context, b *broker.Broker, name pipeline.Name, limit int) (documents [][]byte, err error) {
	stream, articles := name.LogStream().Name, name.LogSubject(pipeline.ArticleRecord, "")
	last, err := b.LastSequence(ctx, stream)
	if err != nil || last == 0 {
		return nil, err
	}
	r, err := b.Read(ctx, stream, 1, broker.ReaderOptions{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			for line := range bytes.SplitSeq(record.Data, []byte{'\n'}) {
				if len(line) > 0 && strings.HasPrefix(record.Subject, articles) {
					documents = append(documents, bytes.Clone(line))
				}
				if len(documents) == limit {
					return documents, nil
				}
			}
			if record.Sequence == last {
				return documents, nil
			}
		}
	}
}

// feed publishes one document a message, evenly. Where barriers come between
// them it cannot know the sequence of the next one, and waits for each.
func feed(ctx context.Context, b *broker.Broker, p pipeline.Plan, documents [][]byte, perSecond float64) error {
	pace := rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/1000)))
	if p.Holds() {
		log, subject, last := p.Pipeline.LogStream().Name, p.Pipeline.LogSubject(pipeline.ArticleRecord, "load"), uint64(0)
		for _, d := range documents {
			err := pace.Wait(ctx)
			if err == nil {
				last, err = b.Put(ctx, log, subject, subject, last, nil, d)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	a := b.Appender(p.Pipeline.LogStream().Name, 0)
	defer a.Close()
	for _, d := range documents {
		if err := errors.Join(pace.Wait(ctx), a.Append(p.Pipeline.LogSubject(pipeline.ArticleRecord, "load"), nil, d)); err != nil {
			return err
		}
	}
	return a.Wait(ctx)
}
