package eval_test

import (
	"bytes"
	"io"
	"testing"

	"tidings/eval"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// BenchmarkModel measures the default model when it has learnt a whole stream:
// its memory for each cell (bytes a cell are megabytes a million), and how fast
// it is copied, saved and loaded.
func BenchmarkModel(b *testing.B) {
	for _, name := range []string{"wikipedia-current-events", "reuters-21578"} {
		b.Run(name, func(b *testing.B) {
			m := learnt(b, lines(b, name+".jsonl.gz", 0))
			var file bytes.Buffer
			if err := m.Save(&file); err != nil {
				b.Fatal(err)
			}
			b.Run("clone", func(b *testing.B) {
				for b.Loop() {
					m.Clone()
				}
				size(b, m, file.Len())
			})
			b.Run("save", func(b *testing.B) {
				for b.Loop() {
					if err := m.Save(io.Discard); err != nil {
						b.Fatal(err)
					}
				}
				size(b, m, file.Len())
			})
			b.Run("load", func(b *testing.B) {
				for b.Loop() {
					if _, err := model.Load(bytes.NewReader(file.Bytes())); err != nil {
						b.Fatal(err)
					}
				}
				size(b, m, file.Len())
			})
		})
	}
}

// size reports what a model takes in memory and in a file.
func size(b *testing.B, m model.Model, file int) {
	b.SetBytes(int64(file))
	b.ReportMetric(float64(m.Cells()), "cells")
	b.ReportMetric(float64(m.Bytes())/float64(m.Cells()), "B/cell")
	b.ReportMetric(float64(file)/float64(m.Cells()), "B/cell-saved")
}

// learnt is the default model after the documents, in order.
func learnt(b *testing.B, documents [][]byte) model.Model {
	b.Helper()
	p := pipeline.Plan{Pipeline: "bench"}.WithDefaults()
	o, err := eval.NewOracle(p)
	if err != nil {
		b.Fatal(err)
	}
	for i, line := range documents {
		if err := o.Add(broker.Record{Subject: p.Pipeline.LogSubject(pipeline.ArticleRecord, "bench"), Sequence: uint64(i + 1), Data: line}); err != nil {
			b.Fatal(err)
		}
	}
	return o.Model()
}
