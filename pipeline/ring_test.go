package pipeline

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
)

// naiveRing keeps everything and looks at all of it.
type naiveRing struct {
	wait LabelWait
	ids  int
	all  []naiveDocument
}

type naiveDocument struct {
	entry  Entry
	terms  int
	vector tidings.Vector
	label  string
}

// keeps says whether the features of a document are kept: its own and those of
// all behind it are within the limits, and nothing that was kept before came to
// an end later.
func (r *naiveRing) kept() int {
	kept := 0
	newest := noTime
	for last := range r.all {
		newest = max(newest, r.all[last].entry.Time)
		for kept <= last {
			sum := 0
			for _, d := range r.all[kept : last+1] {
				sum += d.terms * entryBytes
			}
			front := r.all[kept].entry.Time
			old := r.wait.Time > 0 && front != noTime && newest-front > int64(r.wait.Time)
			if last+1-kept <= r.wait.documents() && int64(sum) <= r.wait.bytes() && (!old || kept == last) {
				break
			}
			kept++
		}
	}
	return kept
}

func (r *naiveRing) bind(e *Entry) (at int, fate Fate) {
	kept := r.kept()
	newest := noTime
	for i := range r.all {
		newest = max(newest, r.all[i].entry.Time)
	}
	for i := len(r.all) - 1; i >= max(0, len(r.all)-r.ids); i-- {
		d := &r.all[i]
		if d.entry.ID != e.ID || e.Target != (tidings.Position{}) && e.Target != d.entry.Position {
			continue
		}
		old := r.wait.Time > 0 && d.entry.Time != noTime && newest-d.entry.Time > int64(r.wait.Time)
		switch {
		case d.label == e.Truth:
			return i, LabelRepeated
		case i < kept || old:
			return i, LabelTooLate
		case d.label == "":
			return i, LabelLearnt
		}
		return i, LabelCorrected
	}
	return 0, LabelUnknown
}

// Properties, beside a ring that keeps everything and looks at all of it:
//   - what becomes of a label is the same, whatever came before;
//   - the vector is the one that the document had;
//   - a ring that was saved, loaded or cloned in between goes on alike.
func TestARingKeepsTheLastDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wait := LabelWait{Documents: rapid.IntRange(1, 20).Draw(t, "documents"), Bytes: int64(rapid.SampledFrom([]int{200, 2000, 1 << 20}).Draw(t, "bytes"))}
		if rapid.Bool().Draw(t, "timed") {
			wait.Time = time.Duration(rapid.IntRange(1, 10).Draw(t, "time"))
		}
		r := NewRing(wait)
		n := &naiveRing{wait: wait, ids: int(r.ids)}
		var v tidings.Vector
		for i := range rapid.IntRange(0, 200).Draw(t, "steps") {
			e := Entry{ID: rapid.StringMatching("[a-m]").Draw(t, "id"), Position: tidings.Position{Sequence: uint64(i + 1)}, Time: noTime}
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1: // a document
				if rapid.Bool().Draw(t, "has time") {
					e.Time = int64(i/2 + rapid.IntRange(0, 3).Draw(t, "at"))
				}
				d := naiveDocument{entry: e, terms: rapid.IntRange(0, 9).Draw(t, "terms")}
				for j := range d.terms {
					d.vector.Index, d.vector.Value = append(d.vector.Index, uint32(i*100+j)), append(d.vector.Value, float64(i)+.5)
				}
				d.vector.Chars = d.terms / 2
				r.Add(&e, d.terms, &d.vector)
				if rapid.Bool().Draw(t, "labelled") {
					d.label = "x"
					r.LearntLast("x")
				}
				n.all = append(n.all, d)
			case 2, 3: // a label
				e.Truth = rapid.StringMatching("[xyz]").Draw(t, "label")
				if len(n.all) > 0 && rapid.Bool().Draw(t, "placed") {
					e.Target = n.all[rapid.IntRange(0, len(n.all)-1).Draw(t, "target")].entry.Position
				}
				at, want := n.bind(&e)
				got, learn := r.Bind(&e)
				if e.Fate != want || learn != (want == LabelLearnt || want == LabelCorrected) {
					t.Fatalf("step %d, label %s of %s: %v, want %v", i, e.Truth, e.ID, e.Fate, want)
				}
				if want != LabelUnknown && e.Target != n.all[at].entry.Position {
					t.Fatalf("step %d: bound to %v, want %v", i, e.Target, n.all[at].entry.Position)
				}
				if !learn {
					break
				}
				r.vector(got, &v)
				if d := cmp.Diff(v, n.all[at].vector, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("step %d: - got + want:\n%s", i, d)
				}
				r.Learnt(got, e.Truth)
				n.all[at].label = e.Truth
			case 4:
				if rapid.Bool().Draw(t, "clone") {
					r = r.clone()
					break
				}
				var saved bytes.Buffer
				if err := r.save(&saved); err != nil {
					t.Fatal(err)
				}
				size := saved.Len()
				var err error
				if r, err = loadRing(&saved, wait); err != nil || saved.Len() > 0 {
					t.Fatalf("%d bytes of %d left, %v", saved.Len(), size, err)
				}
			}
		}
	})
}

// Properties: a saved ring that is cut or changed anywhere is refused or loads
// within the plan's limits; it neither panics nor takes memory that it has not.
func FuzzLoadRing(f *testing.F) {
	r := NewRing(LabelWait{Documents: 3, Bytes: 1 << 20})
	for i := range 40 {
		r.Add(&Entry{ID: fmt.Sprint(i), Position: tidings.Position{Sequence: uint64(i + 1)}, Time: noTime}, 2, &tidings.Vector{Index: []uint32{1, 2}, Value: []float64{3, 4}})
	}
	var saved bytes.Buffer
	if err := r.save(&saved); err != nil {
		f.Fatal(err)
	}
	f.Add(saved.Bytes())
	f.Add(make([]byte, ringHeadBytes))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := loadRing(bytes.NewReader(data), LabelWait{Documents: 3, Bytes: 1 << 20})
		if err != nil {
			return
		}
		var v tidings.Vector
		for i := range 10 {
			e := Entry{ID: fmt.Sprint(i + 30), Truth: "x", Time: noTime}
			if n, learn := r.Bind(&e); learn {
				r.vector(n, &v)
			}
			r.Add(&e, 2, &tidings.Vector{Index: []uint32{1, 2}, Value: []float64{3, 4}})
		}
	})
}

func TestLabelWaitIsWrittenAsItIsRead(t *testing.T) {
	tests := map[string]struct {
		want LabelWait
		bad  bool
	}{
		"":                     {},
		"0":                    {want: LabelWait{Off: true}},
		"off":                  {want: LabelWait{Off: true}},
		"20000docs":            {},
		"1000docs":             {want: LabelWait{Documents: 1000}},
		"1_000 documents":      {bad: true},
		"1000":                 {want: LabelWait{Documents: 1000}},
		"30d":                  {want: LabelWait{Documents: LabelWaitDocumentsMax, Time: 30 * 24 * time.Hour}},
		"12h,5000docs,256MiB":  {want: LabelWait{Documents: 5000, Time: 12 * time.Hour, Bytes: 256 << 20}},
		"64MiB":                {},
		"-1docs":               {bad: true},
		"1.5docs":              {bad: true},
		"99999999docs":         {bad: true},
		"1kB":                  {bad: true},
		"9999999d":             {bad: true},
		"NaNd":                 {bad: true},
		"docs":                 {bad: true},
		"5docs,":               {bad: true},
		"9223372036854775807d": {bad: true},
	}
	for text, tt := range tests {
		got, err := ParseLabelWait(text)
		if (err != nil) != tt.bad || !tt.bad && got != tt.want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
		if tt.bad {
			continue
		}
		if again, err := ParseLabelWait(got.String()); err != nil || again != got {
			t.Errorf("%q: %q reads as %+v, %v", text, got.String(), again, err)
		}
	}
}

// BenchmarkRing is what keeping a document of a usual size costs.
func BenchmarkRing(b *testing.B) {
	r := NewRing(LabelWait{})
	v := tidings.Vector{Index: make([]uint32, 30), Value: make([]float64, 30)}
	e := Entry{Time: noTime}
	ids := make([]string, 200_000)
	for i := range ids {
		ids[i] = fmt.Sprint("document-", i)
	}
	add := func(i int) {
		e.ID, e.Position.Sequence = ids[i%len(ids)], uint64(i+1)
		r.Add(&e, len(v.Index), &v)
	}
	for i := range 2 * len(ids) {
		add(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		add(i)
	}
}

// BenchmarkLabelWait is what it costs a replica to keep the documents that it
// neither predicts nor learns, and those that it does.
func BenchmarkLabelWait(b *testing.B) {
	unit := func(label string) *Unit {
		u := new(Unit)
		words := make([]string, 30)
		for i := range UnitDocumentsMax {
			for w := range words {
				words[w] = fmt.Sprint("w", (i*7+w*13)%500)
			}
			data := fmt.Appendf(nil, `{"id":"d%d","label":%q,"text":%q}`, i, label, strings.Join(words, " "))
			u.AddLog(broker.Record{Sequence: uint64(i + 1), Subject: "p.log.article.s", Data: data})
		}
		if err := NewTokenize(features.Options{}, func(uint64) bool { return true }).Step(u); err != nil {
			b.Fatal(err)
		}
		return u
	}
	for name, c := range map[string]struct {
		wait    LabelWait
		predict bool
		label   string
	}{
		"off/others": {wait: LabelWait{Off: true}}, "on/others": {},
		"off/own": {wait: LabelWait{Off: true}, predict: true}, "on/own": {predict: true},
		"off/learnt": {wait: LabelWait{Off: true}, predict: true, label: "a"}, "on/learnt": {predict: true, label: "a"},
	} {
		b.Run(name, func(b *testing.B) {
			l, err := NewLearner(Plan{LabelWait: c.wait}.WithDefaults())
			if err != nil {
				b.Fatal(err)
			}
			u := unit(c.label)
			df := make([]uint32, 64)
			b.ReportAllocs()
			for b.Loop() {
				for i := range u.Entries {
					e := &u.Entries[i]
					l.Meet(u, e, df, c.predict)
					if _, err := l.Learn(e); err != nil {
						b.Fatal(err)
					}
				}
				u.scores = u.scores[:0]
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(u.Entries)), "ns/document")
		})
	}
}
