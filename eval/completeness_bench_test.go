package eval_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"tidings/eval"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

const completenessDocuments = 10_000

// traffic is so many messages and their bytes, headers not counted.
type traffic struct{ messages, bytes int }

func (t *traffic) add(size int) {
	t.messages++
	t.bytes += size
}

// completenessCost is what it costs to tell every topics partition that windows
// are complete, from the streams of a run.
type completenessCost struct {
	marks  traffic // idle marks and ends in the log
	empty  traffic // records of topics in which no window is told: they say that none closed
	told   traffic // those in which one is
	frames traffic // what topics read: each partition reads all of classify
}

// BenchmarkCompleteness measures, from the streams of real runs, what it costs
// that each topics partition knows when a window is complete: marks in the log,
// and records that say nothing but that no window closed there. A filled log of
// two sources, of which one is idle now and then; stores on disk. messages and
// bytes are for each 1,000 documents.
func BenchmarkCompleteness(b *testing.B) {
	documents := lines(b, "wikipedia-current-events.jsonl.gz", completenessDocuments)
	for _, window := range []string{"tumbling:1h", "tumbling:1d", "tumbling:30d"} {
		for _, partitions := range []int{1, 2, 4, 8, 16} {
			b.Run(fmt.Sprintf("window=%s/partitions=%d", window, partitions), func(b *testing.B) {
				var c completenessCost
				for b.Loop() {
					c = benchCompleteness(b, window, partitions, documents)
				}
				thousands := float64(len(documents)) / 1000
				for _, part := range []struct {
					name string
					traffic
				}{{"marks", c.marks}, {"empty", c.empty}, {"told", c.told}, {"read", c.frames}} {
					b.ReportMetric(float64(part.messages)/thousands, part.name+"-msgs/kdoc")
					b.ReportMetric(float64(part.bytes)/thousands, part.name+"-B/kdoc")
				}
			})
		}
	}
}

func benchCompleteness(b *testing.B, window string, partitions int, documents [][]byte) (c completenessCost) {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	s := openDiskBroker(b)
	defer s.Close()
	definition, err := topics.Parse(window)
	if err != nil {
		b.Fatal(err)
	}
	// Only topics is divided: what the others' partitions cost is not looked at.
	p := pipeline.Plan{
		Pipeline: "bench", Partitions: pipeline.Partitions{Tokenize: 1, DF: 1, Classify: 1, Topics: partitions},
		Guarantee: guarantees.ExactlyOnce, Topics: topics.Options{Windows: []topics.Definition{definition}},
	}.WithDefaults()
	fillTwoSources(b, s, p.Pipeline, documents)
	b.StartTimer()
	t, err := eval.Run(b.Context(), s, p, nil, func(u *pipeline.Unit) {
		if p.Partitions.Chained() {
			c.chained(b, u)
		}
	})
	b.StopTimer()
	if err != nil || t.Documents != uint64(len(documents)) {
		b.Fatalf("%d documents of %d: %v", t.Documents, len(documents), err)
	}
	eachRecord(b, s, p.Pipeline.LogStream().Name, func(r broker.Record) {
		if bytes.Contains([]byte(r.Subject), []byte(".log."+pipeline.ControlRecord+".")) {
			c.marks.add(len(r.Data))
		}
	})
	if p.Partitions.Chained() {
		return c
	}
	for i := range partitions {
		eachRecord(b, s, "bench-win-"+strconv.Itoa(i), func(r broker.Record) { c.record(b, r.Data) })
	}
	eachRecord(b, s, "bench-pred-0", func(r broker.Record) {
		for range partitions {
			c.frames.add(len(r.Data))
		}
	})
	return c
}

// record counts a record of topics: a byte of format, then its one section.
func (c *completenessCost) record(b *testing.B, data []byte) {
	if len(data) < 2 {
		return // a fence
	}
	size, n := binary.Uvarint(data[2:])
	var told struct{ Windows []json.RawMessage }
	if n <= 0 || uint64(len(data)-2-n) < size || json.Unmarshal(data[2+n:2+n+int(size)], &told) != nil {
		b.Fatalf("no record of topics: %q", data[:min(len(data), 40)])
	}
	if len(told.Windows) > 0 {
		c.told.add(len(data))
	} else {
		c.empty.add(len(data))
	}
}

// chained counts what a chain's record says of windows: no message of its own.
func (c *completenessCost) chained(b *testing.B, u *pipeline.Unit) {
	for i := range u.Counts {
		if len(u.Counts[i]) == 0 {
			continue
		}
		data, err := json.Marshal(struct {
			Windows []topics.Window `json:"windows,omitempty"`
			Counts  []topics.Counts `json:"counts,omitempty"`
		}{u.Windows[i], u.Counts[i]})
		if err != nil {
			b.Fatal(err)
		}
		if len(u.Windows[i]) > 0 {
			c.told.bytes += len(data)
		} else {
			c.empty.bytes += len(data)
		}
	}
}

// fillTwoSources puts documents into the log as they come, eight to a message,
// every fourth message from a second source that is idle behind each fifth of its
// own; then both end.
func fillTwoSources(b *testing.B, s *broker.Broker, name pipeline.Name, documents [][]byte) {
	b.Helper()
	if err := s.CreateStream(b.Context(), name.LogStream()); err != nil {
		b.Fatal(err)
	}
	a := s.Appender(name.LogStream().Name, 0)
	defer a.Close()
	put := func(kind, source string, data []byte) {
		if err := a.Append(name.LogSubject(kind, source), nil, data); err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; len(documents) > 0; i++ {
		n := min(8, len(documents))
		source := "one"
		if i%4 == 3 {
			source = "two"
		}
		put(pipeline.ArticleRecord, source, bytes.Join(documents[:n], []byte{'\n'}))
		if i%20 == 19 {
			put(pipeline.ControlRecord, source, []byte(pipeline.IdleMark))
		}
		documents = documents[n:]
	}
	put(pipeline.ControlRecord, "one", []byte(pipeline.EndMark))
	put(pipeline.ControlRecord, "two", []byte(pipeline.EndMark))
	if err := a.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// eachRecord calls f with every record of a stream.
func eachRecord(b *testing.B, s *broker.Broker, stream string, f func(broker.Record)) {
	b.Helper()
	last, err := s.LastSequence(b.Context(), stream)
	if err == nil && last > 0 {
		err = s.Scan(b.Context(), stream, ">", 1, last, func(r broker.Record) error {
			f(r)
			return nil
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}
