package main

import (
	"context"
	"sync"

	"tidings/internal/broker"
	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// retain trims the log beside the work, until stop is called.
func (f *feed) retain(ctx context.Context, b *broker.Broker, p *terminal.Progress) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var trimming sync.WaitGroup
	trimming.Go(func() {
		_ = ingest.Retain(ctx, b, ingest.Retention{Pipeline: pipeline.Name(f.Pipeline), Keep: pipeline.Keep(f.Keep), Notice: p.Notice})
	})
	return func() {
		cancel()
		trimming.Wait()
	}
}
