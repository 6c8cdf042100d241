package drift

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// step is one thing that a set is given.
type step struct {
	terms []uint64 // nil: an outcome
	wrong bool
}

func (s step) give(set *Set) []Alarm {
	if s.terms != nil {
		return slices.Clone(set.Document(s.terms))
	}
	return slices.Clone(set.Outcome(s.wrong))
}

// stream draws documents whose words and errors change now and then.
func stream(t *rapid.T, n int) (steps []step) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	change := rapid.IntRange(50, 5000).Draw(t, "change")
	rate, topic := 0.2, uint64(0)
	for i := range n {
		if i%change == change-1 {
			rate, topic = r.Float64(), r.Uint64N(500)
		}
		terms := make([]uint64, 1+r.IntN(30))
		for j := range terms {
			terms[j] = topic + r.Uint64N(300)
		}
		steps = append(steps, step{terms: terms}, step{wrong: r.Float64() < rate})
	}
	return steps
}

func all(t *rapid.T) *Set {
	o, err := Parse(rapid.SampledFrom([]string{"", "adwin:0.05", "page-hinkley:5", "terms:1.5", "every:77", "adwin:0.3,page-hinkley:2,terms:1,every:3"}).Draw(t, "detectors"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Properties of all detectors:
//   - the same stream gives the same alarms, to the bit
//   - saved, loaded and continued is continued
//   - a clone goes its own way
//   - equal sets give equal bytes and digests, and the digest tells others apart
func TestDetectorsAreFunctionsOfWhatTheyWereGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain, saved := all(t), (*Set)(nil)
		saved = plain.Clone()
		o := optionsOf(t, plain)
		steps := stream(t, rapid.IntRange(1, 12_000).Draw(t, "documents"))
		at := rapid.IntRange(0, len(steps)).Draw(t, "saved at")
		var left *Set
		for i, s := range steps {
			if i == at {
				left = saved.Clone()
				saved = reload(t, saved, o)
			}
			want, got := s.give(plain), s.give(saved)
			if i == at && s.terms != nil && left.Digest() == saved.Digest() {
				t.Fatal("the digest does not tell a set from one that went on")
			}
			if !slices.Equal(want, got) {
				t.Fatalf("step %d: %v, saved and loaded at %d: %v", i, want, at, got)
			}
		}
		if plain.Digest() != saved.Digest() {
			t.Fatalf("digest %x, saved and loaded %x", plain.Digest(), saved.Digest())
		}
		if left == nil {
			return
		}
		for _, s := range steps[at:] {
			s.give(left)
		}
		if left.Digest() != plain.Digest() {
			t.Fatal("a clone that was given the same differs")
		}
	})
}

func optionsOf(t *rapid.T, s *Set) (o Options) {
	for _, d := range s.all {
		o.Detectors = append(o.Detectors, Spec(fmt.Sprintf("%s:%v", d.Name(), parameter(t, d))))
	}
	return o
}

func parameter(t *rapid.T, d Detector) float64 {
	switch d := d.(type) {
	case *adwin:
		return d.delta
	case *pageHinkley:
		return d.lambda
	case *terms:
		return d.deviations
	case *every:
		return d.number
	}
	t.Fatalf("no parameter of %T", d)
	return 0
}

func reload(t *rapid.T, s *Set, o Options) *Set {
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	size := b.Len()
	b.WriteString("what follows")
	again, err := Load(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != "what follows" {
		t.Fatalf("it read beyond its end: %q is left", b.String())
	}
	var c bytes.Buffer
	if err := again.Save(&c); err != nil || c.Len() != size || again.Digest() != s.Digest() {
		t.Fatalf("loaded, it is saved in %d bytes, was %d; digest %x, was %x; %v", c.Len(), size, again.Digest(), s.Digest(), err)
	}
	return again
}

// Property: saved detectors with any byte changed, or cut anywhere, are
// refused; so are those of other options.
func TestDamagedDetectorsAreRefused(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		s.Document([]uint64{r.Uint64N(100), r.Uint64N(100)})
		s.Outcome(r.IntN(3) == 0)
	}
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for i := 0; i < len(good); i += 1 + i/50 {
		if _, err := Load(bytes.NewReader(good[:i]), Options{}); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		bad := slices.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if _, err := Load(bytes.NewReader(bad), Options{}); err == nil {
			t.Fatalf("bit %d of byte %d flipped: loaded", i%8, i)
		}
	}
	for _, o := range []Options{{Detectors: []Spec{Off}}, {Detectors: []Spec{Terms}}} {
		if _, err := Load(bytes.NewReader(good), o); !errors.Is(err, ErrOthers) {
			t.Errorf("loaded for %v: %v", o, err)
		}
	}
}

// Property: whatever the payload, Load refuses it or makes a set that saves as
// the same bytes and goes on without fault.
func FuzzLoad(f *testing.F) {
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.encode())
	for range 260 {
		s.Document([]uint64{1, 2, 3})
		s.Outcome(true)
	}
	f.Add(s.encode())
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s.decode(payload) != nil {
			return
		}
		if !bytes.Equal(s.encode(), payload) {
			t.Fatal("it was loaded and saves as other bytes")
		}
		for range 600 {
			s.Document([]uint64{1, 2})
			s.Outcome(false)
		}
	})
}

// Property: memory stands still, and is what Bytes says; steady work allocates
// nothing.
func TestDetectorsAreBounded(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := s.Bytes()
	terms := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	allocated := testing.AllocsPerRun(20_000, func() {
		s.Document(terms)
		s.Outcome(terms[0] == 1)
		terms[0]++
	})
	if s.Bytes() != before || before > 64<<10 || allocated != 0 {
		t.Errorf("%d bytes, then %d, %v allocations", before, s.Bytes(), allocated)
	}
}

func BenchmarkOutcome(b *testing.B) {
	for _, name := range []string{ADWIN, PageHinkley} {
		b.Run(name, func(b *testing.B) {
			s, err := New(Options{Detectors: []Spec{Spec(name)}})
			if err != nil {
				b.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			bits := make([]bool, 1<<16)
			for i := range bits {
				bits[i] = r.IntN(5) == 0
			}
			for _, wrong := range bits {
				s.Outcome(wrong)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Outcome(bits[i&(1<<16-1)])
				i++
			}
		})
	}
}

func BenchmarkDocument(b *testing.B) {
	for _, n := range []int{20, 100} {
		b.Run(fmt.Sprintf("terms=%d", n), func(b *testing.B) {
			s, err := New(Options{Detectors: []Spec{Terms}})
			if err != nil {
				b.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			words := make([]uint64, 1<<16)
			for i := range words {
				words[i] = r.Uint64()
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Document(words[i : i+n])
				i = (i + n) % (len(words) - n)
			}
		})
	}
}
