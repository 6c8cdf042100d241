package main

import (
	"tidings"
	"tidings/datasets"
	"tidings/eval"
	"tidings/internal/broker"
	"tidings/internal/ingest"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// student lets the oracle learn rows as if they came through a log, a message
// each, with labels that come as late as the flags say. What the file says of a
// document counts as its truth, whether the model is told or not.
type student struct {
	oracle   *eval.Oracle
	name     pipeline.Name
	delay    ingest.Delay
	later    *ingest.Later
	sequence uint64
	rows     uint64
	line     []byte
	truth    string // of the row that is being learnt
}

func newStudent(o *eval.Oracle, p pipeline.Plan, d ingest.Delay) *student {
	return &student{oracle: o, name: p.Pipeline, delay: d, later: ingest.NewLater(d)}
}

func (s *student) row(row datasets.Row) error {
	s.rows++
	s.truth = jsonl.Label(row.Document.Label)
	if s.delay.On() {
		if err := s.labels(func() (tidings.LateLabel, uint64, bool) { return s.later.Due(s.rows, row.Document.Time) }); err != nil {
			return err
		}
		s.later.Take(s.rows, &row.Document)
	}
	s.line = jsonl.Append(s.line[:0], &row.Document)
	return s.add(pipeline.ArticleRecord)
}

// end lets the labels come that are still on their way.
func (s *student) end() error { return s.labels(s.later.Next) }

func (s *student) labels(next func() (tidings.LateLabel, uint64, bool)) error {
	for l, _, ok := next(); ok; l, _, ok = next() {
		s.line = jsonl.AppendLabel(s.line[:0], &l)
		if err := s.add(pipeline.LabelRecord); err != nil {
			return err
		}
	}
	return nil
}

func (s *student) add(kind string) error {
	s.sequence++
	return s.oracle.Add(broker.Record{Subject: s.name.LogSubject(kind, "file"), Sequence: s.sequence, Data: s.line})
}
