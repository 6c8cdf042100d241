package check_test

import (
	"fmt"
	"iter"
	"slices"

	"tidings"
	"tidings/eval/check"
	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// story is a history at hand, to be spoilt.
type story struct {
	claim      guarantees.Promise
	partitions int
	finished   bool
	log        []check.Message
	streams    []*told
	proofs     []ledger.Proof
}

// told is a stream of it.
type told struct {
	stage     string
	partition int
	purged    bool
	records   []check.Record
}

func (s *story) history() check.History {
	n := s.partitions
	h := check.History{
		Claim: s.claim, Partitions: pipeline.Partitions{Tokenize: n, DF: n, Classify: n, Topics: n},
		Finished: s.finished, Log: each(s.log),
		Proofs: func() ([]ledger.Proof, error) { return s.proofs, nil },
	}
	for _, t := range s.streams {
		h.Streams = append(h.Streams, check.Stream{Stage: t.stage, Partition: t.partition, Purged: t.purged, Records: each(t.records)})
	}
	return h
}

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}
}

// of is a stream of the story.
func (s *story) of(stage string, partition int) *told {
	for _, t := range s.streams {
		if t.stage == stage && t.partition == partition {
			return t
		}
	}
	return nil
}

// windowDocuments is how many documents a window of the story has.
const windowDocuments = 5

// healthy tells of a run in which nothing went wrong: so many log messages of two
// documents and an end, in units that end at the cuts.
func healthy(claim guarantees.Promise, partitions, messages int, cuts []uint64) *story {
	s := &story{claim: claim, partitions: partitions}
	documents := 0
	for i := range messages {
		m := check.Message{Sequence: uint64(i + 1)}
		for line := range uint32(2) {
			e := pipeline.Entry{
				Position: tidings.Position{Sequence: m.Sequence, Line: line}, Kind: pipeline.DocumentEntry,
				ID: fmt.Sprintf("d%d", 2*i+int(line)+1), Label: "sport", Probability: 1 / float64(i+2),
			}
			if i%9 == 4 && line == 1 {
				e.Kind, e.Label, e.Probability = pipeline.DeadLetter, "", 0
			} else if documents++; documents%windowDocuments == 0 {
				m.Windows = append(m.Windows, window(documents/windowDocuments-1))
			}
			m.Entries = append(m.Entries, e)
			terms := make([]int, partitions)
			for p := range terms {
				terms[p] = 1 + (i+p)%3
			}
			m.Terms = append(m.Terms, terms)
		}
		s.log = append(s.log, m)
	}
	last := uint64(messages + 1)
	s.log = append(s.log, check.Message{Sequence: last, Terms: [][]int{make([]int, partitions)}, Entries: []pipeline.Entry{{
		Position: tidings.Position{Sequence: last}, Kind: pipeline.EndEntry, DFDigest: 11, ModelDigest: 12, Chain: 13,
	}}})
	stages := pipeline.Stages()
	if partitions == 1 {
		stages = []string{pipeline.ClassifyStage}
	}
	for _, stage := range stages {
		for p := range partitions {
			s.streams = append(s.streams, s.tell(stage, p, cuts, last))
		}
	}
	return s
}

func window(number int) topics.Window {
	return topics.Window{Definition: "count:5", Number: int64(number), Documents: windowDocuments, Shares: []topics.Share{{Label: "sport", Documents: windowDocuments, Share: 1}}}
}

// tell writes what a partition commits.
func (s *story) tell(stage string, partition int, cuts []uint64, last uint64) *told {
	t := &told{stage: stage, partition: partition}
	t.add(check.Record{Header: guarantees.Header{Kind: guarantees.Fence, Epoch: 1, From: 1}})
	from, counted := uint64(1), topics.Counts{Definition: "count:5"}
	for _, to := range append(slices.Clone(cuts), last) {
		if to < from || to > last {
			continue
		}
		if s.claim.Guarantee == guarantees.AtMostOnce {
			t.add(check.Record{Header: guarantees.Header{Kind: guarantees.Claimed, Epoch: 1, From: from, To: to}})
		}
		r := check.Record{Header: guarantees.Header{Kind: guarantees.Done, Epoch: 1, From: from, To: to}}
		for _, m := range s.log[from-1 : to] {
			s.fill(&r, t, m, &counted)
		}
		if stage == pipeline.TopicsStage || s.partitions == 1 {
			r.Counts = []topics.Counts{counted}
		}
		t.add(r)
		from = to + 1
	}
	return t
}

// fill puts what the partition makes of a message into its record.
func (s *story) fill(r *check.Record, t *told, m check.Message, counted *topics.Counts) {
	byPosition := t.stage == pipeline.TokenizeStage || t.stage == pipeline.ClassifyStage
	if byPosition && pipeline.Owner(m.Sequence, s.partitions) == t.partition {
		r.Entries = append(r.Entries, m.Entries...)
	}
	for i, e := range m.Entries {
		if e.Kind != pipeline.DocumentEntry {
			continue
		}
		if t.stage == pipeline.DFStage {
			r.Values += m.Terms[i][t.partition]
		}
		if t.partition == 0 { // the first counts for all
			counted.In++
			counted.Windowed++
		}
	}
	if t.stage != pipeline.TopicsStage && s.partitions > 1 {
		return
	}
	for _, w := range m.Windows {
		if int(w.Number)%s.partitions == t.partition {
			r.Windows = append(r.Windows, w)
		}
	}
}

// add appends a record and numbers it.
func (t *told) add(r check.Record) { t.insert(len(t.records), r) }

// insert puts a record before another one.
func (t *told) insert(at int, r check.Record) {
	r.Worker = "w"
	t.records = slices.Insert(t.records, at, r)
	for i := range t.records {
		t.records[i].Sequence = uint64(i + 1)
	}
}

// remove takes records out.
func (t *told) remove(from, to int) { t.records = slices.Delete(t.records, from, to) }

// units are the indices of the done records.
func (t *told) units() (all []int) {
	for i := range t.records {
		if t.records[i].Kind == guarantees.Done {
			all = append(all, i)
		}
	}
	return all
}

// edit gives a record's entries, which the log shares, to be changed.
func (t *told) edit(i int) *check.Record {
	r := &t.records[i]
	r.Entries = slices.Clone(r.Entries)
	r.Windows = slices.Clone(r.Windows)
	r.Counts = slices.Clone(r.Counts)
	return r
}
