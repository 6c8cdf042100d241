package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// SourceIdleDefault is after how much silence a source is marked as idle.
const SourceIdleDefault = "1m"

// headerBehind is of an idle mark that somebody set who does not feed the
// source: the source's record that it was stored behind.
const headerBehind = "Tidings-Behind"

// MarkIdle stores that nothing comes from a source at the moment, for whoever
// knows that who feeds it has died: windows do not wait for it any more. If it
// feeds on after all it goes on behind the mark, and is active again. marked is
// false where that is known already: the source is idle, or has ended. A source
// that sends meanwhile, and one that is not in the log, are errors.
func MarkIdle(ctx context.Context, b *broker.Broker, name pipeline.Name, source string) (marked bool, err error) {
	f := newFence(b, name, source)
	if _, err := b.Last(ctx, f.stream, name.LogSubject(pipeline.ArticleRecord, source)); errors.Is(err, broker.ErrEmpty) {
		return false, unknownSource(ctx, b, name, source)
	} else if err != nil {
		return false, fmt.Errorf("source %s cannot be read: %w", source, err)
	}
	last, err := f.lastRecord(ctx)
	if err != nil {
		return false, fmt.Errorf("where source %s stands cannot be read: %w", source, err)
	}
	if !active(name, source, last) {
		return false, nil
	}
	h := broker.Header{headerWriter: {"idle"}, headerBehind: {strconv.FormatUint(last.Sequence, 10)}}
	for _, key := range []string{headerCursor, headerTotal, headerLabels, headerRecall} {
		if value := last.Header.Get(key); value != "" {
			h[key] = []string{value}
		}
	}
	_, err = f.put(ctx, name.LogSubject(pipeline.ControlRecord, source), last.Sequence, h, []byte(pipeline.IdleMark))
	if errors.Is(err, broker.ErrConflict) {
		return false, fmt.Errorf("source %s sends: a record of it was stored just now; it is not idle, and nothing was done", source)
	}
	return err == nil, err
}

// active says whether windows wait for a source whose last record this is.
func active(name pipeline.Name, source string, last broker.Record) bool {
	return last.Subject != name.LogSubject(pipeline.ControlRecord, source) || !pipeline.IsIdle(last.Data) && !pipeline.IsEnd(last.Data)
}

// unknownSource tells which sources there are.
func unknownSource(ctx context.Context, b *broker.Broker, name pipeline.Name, source string) error {
	prefix := name.LogSubject(pipeline.ArticleRecord, "")
	subjects, err := b.Subjects(ctx, name.LogStream().Name, prefix+">")
	if err != nil {
		return fmt.Errorf("the sources of pipeline %s cannot be read: %w", name, err)
	}
	known := make([]string, 0, len(subjects))
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		known = append(known, strings.TrimPrefix(subject, prefix))
	}
	if len(known) == 0 {
		return fmt.Errorf("no documents of a source %q are in the log of %s, nor of any other", source, name)
	}
	const shown = 20
	list := strings.Join(known[:min(len(known), shown)], ", ")
	if len(known) > shown {
		list += fmt.Sprintf(" and %d more", len(known)-shown)
	}
	return fmt.Errorf("no documents of a source %q are in the log of %s; there are %s", source, name, list)
}
