package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// recalledBytesMax bounds what is read back of a source's documents: where
// they are large, fewer than IDsRemembered are known again.
const recalledBytesMax = 1 << 30

// total is what a source has put into the log, up to a record that says so.
type total struct{ documents, bytes uint64 }

func (t total) String() string { return fmt.Sprintf("%d %d", t.documents, t.bytes) }

func (t total) plus(lines, size int) total {
	return total{t.documents + uint64(lines), t.bytes + uint64(size)}
}

// totalOf reads a record's; zero where an older program wrote it.
func totalOf(r broker.Record) total { return parseTotal(r.Header.Get(headerTotal)) }

// labelsOf reads how many late labels had come live, zero where none had.
func labelsOf(r broker.Record) total { return parseTotal(r.Header.Get(headerLabels)) }

func parseTotal(s string) (t total) {
	documents, size, _ := strings.Cut(s, " ")
	d, err1 := strconv.ParseUint(documents, 10, 64)
	b, err2 := strconv.ParseUint(size, 10, 64)
	if err1 != nil || err2 != nil {
		return total{}
	}
	return total{d, b}
}

// recall calls each with the last IDsRemembered documents, or some more, that
// a source has in the log, in order. hash stands for all that the document
// says. It finds where they begin by the totals in the records, so that it
// reads no more than it needs, however long the log is. It returns the last of
// their records, the zero one when there is none.
func recall(ctx context.Context, b *broker.Broker, name pipeline.Name, source string, each func(p tidings.Position, id string, hash uint64)) (broker.Record, error) {
	var decoder jsonl.Decoder
	return recallRecords(ctx, b, name, source, pipeline.ArticleRecord, func(r broker.Record) { documentsOf(&decoder, r, each) })
}

// recallRecords is recall, of the records of a kind: documents or late labels.
func recallRecords(ctx context.Context, b *broker.Broker, name pipeline.Name, source, kind string, each func(r broker.Record)) (broker.Record, error) {
	stream, subject := name.LogStream().Name, name.LogSubject(kind, source)
	count := totalOf
	if kind == pipeline.LabelRecord {
		count = labelsOf
	}
	last, err := b.Last(ctx, stream, subject)
	if errors.Is(err, broker.ErrEmpty) {
		return broker.Record{}, nil
	}
	if err == nil {
		var from uint64
		if from, err = recallBehind(ctx, b, stream, subject, last, count); err == nil {
			err = b.Scan(ctx, stream, subject, from, last.Sequence, func(r broker.Record) error {
				each(r)
				return nil
			})
		}
	}
	if err != nil {
		return broker.Record{}, fmt.Errorf("what source %s has in the log cannot be read: %w; without that knowledge some could enter twice, so nothing was done: try again", source, err)
	}
	return last, nil
}

// recallFrom returns the sequence behind which the last IDsRemembered
// documents begin.
func recallFrom(ctx context.Context, b *broker.Broker, stream, subject string, last broker.Record) (uint64, error) {
	return recallBehind(ctx, b, stream, subject, last, totalOf)
}

// recallBehind is recallFrom for what count counts.
func recallBehind(ctx context.Context, b *broker.Broker, stream, subject string, last broker.Record, count func(broker.Record) total) (uint64, error) {
	f, err := b.Finder(ctx, stream)
	if err != nil {
		return 0, err
	}
	end := count(last)
	var low, high uint64 = 1, last.Sequence
	for low < high {
		middle := low + (high-low)/2
		r, err := f.From(ctx, subject, middle)
		switch t := count(r); {
		case errors.Is(err, broker.ErrEmpty):
			return 0, fmt.Errorf("record %d is gone: %w", last.Sequence, err)
		case err != nil:
			return 0, err
		case t.documents+IDsRemembered <= end.documents || t.bytes+recalledBytesMax <= end.bytes:
			low = min(r.Sequence, last.Sequence-1) + 1
		default:
			high = middle
		}
	}
	return low, nil
}

// documentsOf calls each with the documents of an article record, at the
// positions that they have for the pipeline.
func documentsOf(decoder *jsonl.Decoder, r broker.Record, each func(p tidings.Position, id string, hash uint64)) {
	p := tidings.Position{Sequence: r.Sequence}
	for line := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		if f, err := decoder.Decode(line); err == nil {
			each(p, string(f.ID), xxhash.Sum64(line))
		}
		p.Line++
	}
}
