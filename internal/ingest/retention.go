package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// TrimEvery is how long a log is left alone between two looks at what of it need
// not be kept.
const TrimEvery = 20 * time.Second

// Retention says how a pipeline's log is trimmed while it grows.
type Retention struct {
	Pipeline pipeline.Name
	Keep     pipeline.Keep
	Clock    Clock             // nil: the machine's
	Notice   func(text string) // something a person should know; nil: nobody hears it
	// Snapshots is where the pipeline keeps them; nil: with the broker.
	Snapshots guarantees.SnapshotStore
	Wait      func() bool // says that it is too early; nil: it never is
}

// Retain trims the log again and again until the context ends, which is no
// error. What goes wrong is told, once, and tried again: a log that is not
// trimmed only takes more room.
func Retain(ctx context.Context, b *broker.Broker, o Retention) error {
	if o.Keep.All() {
		return nil
	}
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	told := map[string]bool{}
	tell := func(text string) {
		if !told[text] && o.Notice != nil && len(told) < retentionNotices {
			told[text] = true
			o.Notice(text)
		}
	}
	deleted := false
	for pause := firstTrim; o.Clock.Sleep(ctx, pause) == nil; pause = TrimEvery {
		if o.Wait != nil && o.Wait() {
			continue
		}
		found, err := TrimOnce(ctx, b, o)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, pipeline.ErrNoPlan), errors.Is(err, broker.ErrNoBroker), errors.Is(err, broker.ErrConflict):
		case err != nil:
			tell(fmt.Sprintf("--keep: the log cannot be trimmed: %v; nothing is lost, it only takes more room", err))
		case found.Deleted > 0 && !deleted:
			deleted = true
			tell(fmt.Sprintf("--keep: the log of %s now begins at %d/0; what stood before was deleted, and so were its predictions", o.Pipeline, found.Begin))
		}
	}
	return nil
}

// retentionNotices bounds what is told about trimming.
const retentionNotices = 10

// firstTrim is when the first look is taken: soon, for who starts a program with
// --keep wants to see that it works.
const firstTrim = 2 * time.Second

// TrimOnce trims the log once.
func TrimOnce(ctx context.Context, b *broker.Broker, o Retention) (pipeline.Trimmed, error) {
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	return pipeline.Trim(ctx, b, o.Pipeline, pipeline.Trimming{
		Keep: o.Keep, Now: o.Clock.Now(), Snapshots: o.Snapshots,
		Source: func(ctx context.Context, source string, last broker.Record) (uint64, error) {
			return sourceNeeds(ctx, b, o.Pipeline, source, last)
		},
	})
}

// sourceNeeds is from which of its records on a source is read back when it is
// fed again: the last IDsRemembered documents where ids tell what came before,
// else only the last record, which has the row to go on from.
func sourceNeeds(ctx context.Context, b *broker.Broker, name pipeline.Name, source string, last broker.Record) (uint64, error) {
	if source != LiveSource && last.Header.Get(headerRecall) == "" {
		return last.Sequence, nil
	}
	return recallFrom(ctx, b, name.LogStream().Name, name.LogSubject(pipeline.ArticleRecord, source), last)
}
