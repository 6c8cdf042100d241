package topics

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"tidings"
	"tidings/datasets/datasetstest"
	"tidings/features"
)

// endless is the Wikipedia stream over and over: time goes on, each time other
// words take the place of long ones, labels come and go, and some documents are
// late.
type endless struct {
	times     []int64
	texts     [][]byte
	tokenizer *features.Tokenizer
	dict      features.Dictionary
	at        int
	text      []byte
	Document
}

func newEndless(tb testing.TB) *endless {
	tb.Helper()
	type line struct {
		Time time.Time
		Text string
	}
	e := &endless{tokenizer: features.NewTokenizer(features.Options{})}
	for _, l := range datasetstest.Read[line](tb, "wikipedia-current-events.jsonl.gz", 0) {
		e.times, e.texts = append(e.times, l.Time.UnixNano()), append(e.texts, []byte(l.Text))
	}
	return e
}

// next makes the next document, which is valid until the one behind it.
func (e *endless) next(tb testing.TB) Document {
	round, i := e.at/len(e.times), e.at%len(e.times)
	if e.at++; e.at%256 == 0 {
		e.dict.Reset()
	}
	e.text = e.text[:0]
	for word := range bytes.SplitSeq(e.texts[i], []byte(" ")) {
		e.text = append(append(e.text, word...), ' ')
		if round > 0 && len(word) > 6 {
			e.text = fmt.Appendf(e.text[:len(e.text)-1], "%d ", round)
		}
	}
	d := &e.Document
	d.Dict, d.Position = &e.dict, tidings.Position{Sequence: uint64(e.at)}
	d.Time = e.times[i] + int64(round)*(e.times[len(e.times)-1]-e.times[0])
	if e.at%97 == 0 {
		d.Time -= int64(20 * day)
	}
	d.Label = fmt.Sprint("label ", e.at/500+e.at%300)
	var err error
	if d.Terms, d.Words, err = e.tokenizer.AppendOrdered(d.Terms[:0], d.Words[:0], d.Dict, nil, e.text); err != nil {
		tb.Fatal(err)
	}
	return *d
}

// grow runs windows of all kinds by key, with bursts and stories, over so many
// documents, and measures the heap and what is saved eight times on the way.
func grow(tb testing.TB, documents int) (heap, saved []int, counts []Counts) {
	o := Options{OutOfOrder: 2 * day, Lateness: 5 * day, By: ByLabel, KeysMax: 200, PopularUntil: .05, Bursts: 5, Stories: 5}
	for _, w := range []string{"tumbling:7d", "sliding:14d/7d", "session:12h", "count:50"} {
		o.Windows = append(o.Windows, parse(tb, w))
	}
	if err := o.Check(); err != nil {
		tb.Fatal(err)
	}
	stream, s, told := newEndless(tb), New(o, 0, 1), 0
	for i := range documents {
		s.Observe(stream.next(tb), func(w Window) {
			if told++; len(w.Bursts) > o.Bursts || len(w.Stories) > o.Stories {
				tb.Errorf("window %s/%d tells %d bursts and %d stories", w.Definition, w.Number, len(w.Bursts), len(w.Stories))
			}
		})
		s.TakeLate(nil)
		if (i+1)%(documents/8) > 0 {
			continue
		}
		var b bytes.Buffer
		if err := errors.Join(s.Save(&b), s.reader.Save(&b)); err != nil {
			tb.Fatal(err)
		}
		saved = append(saved, b.Len())
		b = bytes.Buffer{}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		heap = append(heap, int(m.HeapAlloc))
	}
	if told < documents/1000 {
		tb.Errorf("only %d results were told", told)
	}
	return heap, saved, s.Counts()
}

// Properties, over real texts of an ever-growing vocabulary, windows by key, with
// bursts and stories: after an eighth, memory and what is saved stay as they are;
// what had to make room is counted.
func TestMemoryOfBurstsAndStoriesStaysFlat(t *testing.T) {
	heap, saved, counts := grow(t, 64_000)
	checkFlat(t, heap, saved, counts)
}

func checkFlat(tb testing.TB, heap, saved []int, counts []Counts) {
	tb.Helper()
	tb.Logf("heap %v, saved %v, counts %+v", heap, saved, counts)
	for i := range heap[1:] {
		if heap[i+1] > heap[0]+heap[0]/4 || saved[i+1] > saved[0]+saved[0]/2 {
			tb.Errorf("after %d eighths %d bytes, and %d saved; after the first %d and %d", i+2, heap[i+1], saved[i+1], heap[0], saved[0])
		}
	}
	for _, c := range counts {
		if c.TermsDisplaced == 0 || c.StoriesDisplaced == 0 || c.Pooled == 0 {
			tb.Errorf("nothing made room, or was not counted: %+v", c)
		}
	}
}

// A million documents.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		heap, saved, counts := grow(b, 1_000_000)
		checkFlat(b, heap, saved, counts)
		fmt.Printf("\n%-12s %10s %10s\n", "documents", "heap MiB", "saved MiB")
		for i := range heap {
			fmt.Printf("%-12d %10.1f %10.1f\n", (i+1)*125_000, float64(heap[i])/(1<<20), float64(saved[i])/(1<<20))
		}
	}
}
