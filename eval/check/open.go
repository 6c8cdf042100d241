package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"tidings/eval"
	"tidings/eval/ledger"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
)

// Open prepares the history of a pipeline as it stands now. Its streams are
// read, and the oracle runs over its log, while Check walks it. each, if not
// nil, is called after every message of the log, with the documents so far.
func Open(ctx context.Context, b *broker.Broker, p pipeline.Plan, each func(documents uint64)) (History, error) {
	h := History{Claim: p.Claim(), Stages: map[string]guarantees.Promise{}, Partitions: p.Partitions, Topics: p.Topics, Raced: p.Races()}
	// Who reads is looked at before who writes for them, so that a run that goes
	// on meanwhile is not seen to have less in than out.
	for _, n := range slices.Backward(p.Writers()) {
		h.Stages[n.Stage] = p.Promise(n.Stage)
		if h.Raced && n.Stage == pipeline.DFStage {
			continue // its values are those of lanes: they are met again
		}
		var of []Stream
		for i := range p.Partitions.Of(n.Stage) {
			s, err := stream(ctx, b, p, n.Stage, i)
			if err != nil {
				return h, err
			}
			if h.Raced && n.Stage == pipeline.ClassifyStage {
				s.Records = inLogOrder(s.Records, p.Partitions.Tokenize)
			}
			of = append(of, s)
		}
		h.Streams = append(of, h.Streams...)
	}
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		return h, err
	}
	first, err := pipeline.LogBegin(ctx, b, p.Pipeline)
	if err != nil {
		return h, err
	}
	if first > 1 && last > 0 {
		return h, fmt.Errorf("the log of pipeline %s begins at message %d, what was before is deleted: nobody can say what ought to have come of it", p.Pipeline, first)
	}
	if p.Holds() {
		h.Published = func(before time.Time) (uint64, error) { return pipeline.PublishedBefore(ctx, b, p.Pipeline, before) }
	}
	h.Log = log(ctx, b, p, last, each)
	if h.Raced {
		h.Remet = func() ([]Remet, error) { return remeet(ctx, b, p) }
	}
	h.Proofs = func() (all []ledger.Proof, err error) {
		for replica := range p.Partitions.Classify {
			proof, err := ledger.Expand(ctx, b, p, replica, nil)
			if err != nil {
				return all, fmt.Errorf("the ledger of classify/%d: %w", replica, err)
			}
			all = append(all, proof)
		}
		return all, nil
	}
	return h, nil
}

// stream is what one partition has committed by now.
func stream(ctx context.Context, b *broker.Broker, p pipeline.Plan, stage string, partition int) (Stream, error) {
	r, err := pipeline.OpenPartition(ctx, b, p, stage, partition)
	if err != nil {
		return Stream{}, err
	}
	s, last := Stream{Stage: stage, Partition: partition, Purged: r.First > 1}, r.Last
	r.Close()
	s.Records = func(yield func(Record, error) bool) {
		r, err := pipeline.OpenPartition(ctx, b, p, stage, partition)
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer r.Close()
		r.Last = last
		for {
			c, err := r.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			if !yield(record(&c, stage, partition), nil) {
				return
			}
		}
	}
	return s, nil
}

func record(c *pipeline.Committed, stage string, partition int) Record {
	r := Record{Header: c.Header, Sequence: c.Sequence, Time: c.Time}
	if c.Kind != guarantees.Done {
		return r
	}
	u := c.Unit
	r.Entries, r.Missing = u.Entries, u.Learnt.Missing
	r.Windows, r.Counts, r.Late = u.Windows[partition], u.Counts[partition], u.Late[partition]
	if stage == pipeline.DFStage {
		r.Values = len(u.DF[partition])
		r.ValuesTo = func(sequence uint64) int { return u.ValuesTo(partition, sequence) }
	}
	return r
}

// errEnough ends reading when nobody wants more.
var errEnough = errors.New("enough")

// log lets the oracle run over the log up to a message.
func log(ctx context.Context, b *broker.Broker, p pipeline.Plan, last uint64, each func(documents uint64)) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		o, err := eval.NewOracle(p)
		if err != nil {
			yield(Message{}, err)
			return
		}
		o.Promotions = pipeline.NewPromotions(b, p)
		var m Message
		o.Message = func(u *pipeline.Unit) {
			m = Message{Sequence: u.From, Entries: u.Entries, Windows: u.Windows[0], Late: u.Late[0], Counts: u.Counts[0], Terms: terms(m.Terms, u, p.Partitions.DF)}
		}
		err = feed(ctx, b, p, last, func(r broker.Record) error {
			if err := o.Take(ctx, r); err != nil {
				return err
			}
			if !yield(m, nil) {
				return errEnough
			}
			if each != nil {
				each(o.Tally.Documents)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Message{}, err)
		}
	}
}

// feed hands out the log's records up to a message.
func feed(ctx context.Context, b *broker.Broker, p pipeline.Plan, last uint64, each func(broker.Record) error) error {
	if last == 0 {
		return nil
	}
	r, err := b.Read(ctx, p.Pipeline.LogStream().Name, 1, broker.ReaderOptions{Ahead: 256})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		records, err := r.Next(ctx)
		if err != nil {
			return err
		}
		for _, record := range records {
			if record.Sequence > last {
				return nil
			}
			if err := each(record); err != nil {
				return err
			}
			if record.Sequence == last {
				return nil
			}
		}
	}
}

// terms counts each entry's terms by df partition, into memory that is used
// again.
func terms(counts [][]int, u *pipeline.Unit, partitions int) [][]int {
	counts = counts[:0]
	hashes := u.Dict.Hashes()
	for i := range u.Entries {
		if len(counts) < cap(counts) {
			counts = counts[:i+1]
		} else {
			counts = append(counts, nil)
		}
		of := append(counts[i][:0], make([]int, partitions)...)
		for _, t := range u.TermsOf(&u.Entries[i]) {
			of[features.Partition(hashes[t.Ref], partitions)]++
		}
		counts[i] = of
	}
	return counts
}
