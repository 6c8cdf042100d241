package ingest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// StoreLabels stores late labels in a pipeline's log as if a client had sent
// them, and hands out an answer for each, in order; Line counts them from 1. One
// that had entered before, word for word, does not enter again. What becomes of
// them the pipeline decides when it comes to them.
func StoreLabels(ctx context.Context, b *broker.Broker, name pipeline.Name, labels iter.Seq[tidings.LateLabel], each func(Answer) error) (err error) {
	l := &Live{o: LiveOptions{
		Pipeline: name, Clock: machineClock{}, Notice: func(string) {},
		pendingDocuments: PendingDocumentsMax, pendingBytes: PendingBytesMax,
	}, broker: b, told: map[string]bool{}, labelsOnly: true, silence: newSilence(machineClock{}, 0)}
	l.arrived.L = &l.mu
	if err := b.CreateStream(ctx, name.LogStream()); err != nil {
		return err
	}
	if l.keeper, err = openKeeper(ctx, l); err != nil {
		return err
	}
	storing, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	var failed error
	work.Go(func() { failed = l.keeper.run(storing) })
	defer func() {
		if err != nil {
			stop()
		}
		l.shut()
		work.Wait()
		err = errors.Join(err, failed)
	}()
	line := 0
	var part []tidings.LateLabel
	store := func() error {
		answers, err := l.storePart(ctx, part)
		part = part[:0]
		for i := range answers {
			line++
			answers[i].Line = line
			err = errors.Join(err, each(answers[i]))
		}
		return err
	}
	for label := range labels {
		if part = append(part, label); len(part) == pipeline.MessageLinesMax {
			if err := store(); err != nil {
				return err
			}
		}
	}
	if len(part) > 0 {
		return store()
	}
	return nil
}

// storePart stores so many labels as one request holds.
func (l *Live) storePart(ctx context.Context, part []tidings.LateLabel) ([]Answer, error) {
	var data []byte
	for i := range part {
		data = append(jsonl.AppendLabel(data, &part[i]), '\n')
	}
	done := make(chan []Answer, 1)
	f := form{name: "label", linesMax: len(part), asks: true, late: true}
	l.take(data[:len(data)-1], f, func(answers []Answer) { done <- answers })
	select {
	case answers := <-done:
		return answers, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
