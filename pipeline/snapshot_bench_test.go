package pipeline

import (
	"bytes"
	"testing"
	"time"

	"tidings/datasets/datasetstest"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// termsMany is how many terms the state is measured with.
const termsMany = 1_000_000

// largeState is the worker of a chain that has learnt the Wikipedia stream, and
// counts a million terms.
func largeState(tb testing.TB) *worker {
	tb.Helper()
	w := &worker{plan: Plan{Pipeline: "large"}.WithDefaults(), partitions: []int{0}}
	var err error
	if w.assembly, err = w.assemble(); err != nil {
		tb.Fatal(err)
	}
	var u Unit
	sequence := uint64(0)
	step := func() {
		for _, s := range append(w.assembly.ahead, w.assembly.steps...) {
			if err := s.Step(&u); err != nil {
				tb.Fatal(err)
			}
		}
		u.Reset()
	}
	for lines := datasetstest.Scan(tb, "wikipedia-current-events.jsonl.gz"); lines.Scan(); {
		sequence++
		u.AddLog(broker.Record{Subject: w.plan.Pipeline.LogSubject(ArticleRecord, "test"), Sequence: sequence, Data: lines.Bytes()})
		step()
	}
	var slots []uint32
	for table, i := w.assembly.df.tables[0].(*features.DF), uint64(0); table.Len() < termsMany; i++ {
		slots = table.Resolve(slots, []uint64{i * 0x9e3779b97f4a7c15})
		table.Observe(slots[0])
	}
	return w
}

// BenchmarkSnapshot measures how long a worker with a million df terms and the
// Wikipedia stream's model stands still for a snapshot, what encoding it takes
// beside the work, and what reading it back takes.
func BenchmarkSnapshot(b *testing.B) {
	w := largeState(b)
	e := brokertest.Embed(b)
	brokertest.Stream(b, e, "s")
	c, err := guarantees.Open(b.Context(), e, guarantees.Partition{Name: "chain", Stream: "s", Subject: "s", Worker: "test"})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var still, worst, encoding, loading time.Duration
	size := 0
	for b.Loop() {
		began := time.Now()
		all, err := w.take(b.Context(), []*guarantees.Committer{c}, 1, nil)
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		still, worst = still+took, max(worst, took)
		began, size = time.Now(), 0
		var data [][]byte
		for i := range all {
			d, err := all[i].data()
			if err != nil {
				b.Fatal(err)
			}
			data, size = append(data, d), size+len(d)
		}
		encoding += time.Since(began)
		began = time.Now()
		for i, p := range w.pieces(b.Context(), w.assembly, []*guarantees.Committer{c}) {
			if err := p.load(bytes.NewReader(data[i]), 0); err != nil {
				b.Fatal(err)
			}
		}
		loading += time.Since(began)
	}
	b.ReportMetric(float64(still.Milliseconds())/float64(b.N), "still-ms/op")
	b.ReportMetric(float64(worst.Milliseconds()), "still-ms-max")
	b.ReportMetric(float64(encoding.Milliseconds())/float64(b.N), "encode-ms/op")
	b.ReportMetric(float64(loading.Milliseconds())/float64(b.N), "load-ms/op")
	b.ReportMetric(float64(size)/1e6, "MB")
}
