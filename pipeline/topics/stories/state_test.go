package stories

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
)

// writer makes documents of texts.
type writer struct {
	tokenizer *features.Tokenizer
	dict      features.Dictionary
	n         uint64
}

func newWriter() *writer { return &writer{tokenizer: features.NewTokenizer(features.Options{})} }

func (w *writer) document(t interface{ Fatal(...any) }, at time.Duration, label, text string) Document {
	w.dict.Reset()
	terms, err := w.tokenizer.Append(nil, &w.dict, nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.n++
	return Document{Position: tidings.Position{Sequence: w.n}, Time: int64(at), Label: label, Dict: &w.dict, Terms: terms}
}

const day = 24 * time.Hour

// Documents of one event are one story, with its first document, its life span,
// its label and the terms that they have in common; another event is another.
func TestDocumentsOfAnEventAreAStory(t *testing.T) {
	w, s := newWriter(), New(Options{})
	for i := range 200 { // what the world is like otherwise
		s.Observe(w.document(t, 0, "other", fmt.Sprintf("report %d of office %d says that number %d was the largest", i, i%17, i*7)))
	}
	texts := []struct{ label, text string }{
		{"weather", "hurricane harvey nears the coast of texas"},
		{"weather", "hurricane harvey makes landfall near rockport in texas"},
		{"sport", "a cyclist wins the tour of poland"},
		{"politics", "the governor of texas asks for help after hurricane harvey"},
		{"weather", "houston is flooded by hurricane harvey"},
	}
	var ids []uint64
	for i, x := range texts {
		ids = append(ids, s.Observe(w.document(t, time.Duration(i)*day, x.label, x.text)))
	}
	if ids[0] != ids[1] || ids[0] != ids[3] || ids[0] != ids[4] || ids[0] == ids[2] {
		t.Fatalf("stories %v", ids)
	}
	story, open := s.Story(ids[0])
	if !open || story.Documents != 4 || story.Label != "weather" || story.From != 0 || story.To != int64(4*day) || story.First.Sequence != 201 {
		t.Errorf("%+v", story)
	}
	if name := story.Name([][]string{{"Texas", "Governor"}, {"Hurricane Harvey", "Texas"}, {"Hurricane Harvey Relief Fund Houston", "Hurricane Harvey"}}); name != "Hurricane Harvey" {
		t.Errorf("name %q, terms %v", name, story.Terms)
	}
	if name := story.Name([][]string{{"Poland"}, nil}); !strings.Contains(name, "harvey, ") && !strings.Contains(name, ", harvey") {
		t.Errorf("name %q, terms %v", name, story.Terms)
	}
	if len(story.Central) != 4 || slices.Contains(story.Central, tidings.Position{Sequence: 203}) {
		t.Errorf("the central documents are %v", story.Central)
	}
	if _, open := s.Story(99999); open {
		t.Error("a story that never was is open")
	}
}

// A story that nothing was heard of for long has ended: what is like it begins
// another one. Documents without a time are not parted by it.
func TestStoriesFade(t *testing.T) {
	for _, tt := range []struct {
		at   time.Duration
		same bool
	}{{day, true}, {400 * day, false}} {
		w, s := newWriter(), New(Options{})
		first := s.Observe(w.document(t, 0, "x", "volcano erupts on the island of stromboli"))
		if again := s.Observe(w.document(t, tt.at, "x", "volcano erupts on the island of stromboli")); (again == first) != tt.same {
			t.Errorf("after %s: stories %d and %d", tt.at, first, again)
		}
	}
	w, s := newWriter(), New(Options{})
	first := s.Observe(w.document(t, 0, "x", "volcano erupts on the island of stromboli"))
	untimed := w.document(t, 0, "x", "volcano erupts on the island of stromboli")
	untimed.Time = NoTime
	if again := s.Observe(untimed); again != first {
		t.Errorf("stories %d and %d", first, again)
	}
	if story, _ := s.Story(first); story.From != 0 || story.To != 0 {
		t.Errorf("%+v", story)
	}
}

func draw(t *rapid.T) []string {
	word := rapid.SampledFrom(strings.Fields("fire flood vote goal market virus bridge treaty comet strike harbour parade senate orchid tunnel glacier"))
	return rapid.SliceOfN(rapid.Map(rapid.SliceOfN(word, 0, 12), func(words []string) string { return strings.Join(words, " ") }), 1, 80).Draw(t, "texts")
}

// Whatever comes, saved and loaded in the middle:
//   - the stories are the same as without that, to the bit of what is saved;
//   - no more are open than allowed, and all that were closed are counted;
//   - each open one has its documents, and what it tells is within bounds.
func TestStoriesAreAFunctionOfTheDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{StoriesMax: rapid.IntRange(1, 6).Draw(t, "stories")}
		texts := draw(t)
		reload := rapid.IntRange(0, len(texts)).Draw(t, "save and load before")
		w, v := newWriter(), newWriter()
		s, straight := New(o), New(o)
		for i, text := range texts {
			if i == reload {
				s = reloaded(t, s, o)
			}
			at := time.Duration(i*i%7) * day
			label := fmt.Sprint("label ", len(text)%3)
			if a, b := s.Observe(w.document(t, at, label, text)), straight.Observe(v.document(t, at, label, text)); a != b {
				t.Fatalf("document %d: story %d, and %d without a break", i, a, b)
			}
			if s.Open() > o.StoriesMax || uint64(s.Open())+s.Closed() != s.began {
				t.Fatalf("%d open, %d closed of %d", s.Open(), s.Closed(), s.began)
			}
		}
		if !bytes.Equal(saved(t, s), saved(t, straight)) {
			t.Fatal("what is saved differs")
		}
		sound(t, s)
	})
}

// Of stories with many terms those are told that sorting all of them puts first.
func TestTheHeaviestTermsAreTold(t *testing.T) {
	s, w, most := New(Options{}), newWriter(), 0
	for i := range 400 {
		text := "fire in the harbour of"
		for j := range 8 {
			text += fmt.Sprint(" word", (i*i+7*j)%90)
		}
		s.Observe(w.document(t, time.Duration(i)*day/10, "x", text))
		for slot := s.stories.oldest; slot != none; slot = s.stories.at[slot].newer {
			b := &s.stories.at[slot]
			var want []Term
			all := slices.SortedFunc(slices.Values(b.terms), func(a, b link) int {
				return cmp.Or(cmp.Compare(s.posting(b).weight, s.posting(a).weight), cmp.Compare(s.index.terms[a.term].hash, s.index.terms[b.term].hash))
			})
			for _, l := range all[:min(len(all), TermsTold)] {
				want = append(want, Term{string(s.index.texts[l.term]), s.posting(l).weight * b.scale})
			}
			if got := s.told(slot).Terms; !slices.Equal(got, want) {
				t.Fatalf("document %d, story %d: told %v, want %v", i, b.ID, got, want)
			}
			most = max(most, len(all))
		}
	}
	if most <= TermsTold {
		t.Errorf("no story has more than %d terms: nothing is tested", most)
	}
}

// sound says that stories and terms know each other.
func sound(t *rapid.T, s *State) {
	links, postings := 0, 0
	for slot := s.stories.oldest; slot != none; slot = s.stories.at[slot].newer {
		b := &s.stories.at[slot]
		if story := s.told(slot); story.Documents == 0 || len(story.Terms) > TermsTold || len(b.terms) > termsOfStory+termsUncut || story.From > story.To {
			t.Fatalf("%+v", story)
		}
		if s.stories.find(b.ID) != slot {
			t.Fatalf("story %d is not found", b.ID)
		}
		squares := 0.0
		for i, l := range b.terms {
			p := s.posting(l)
			if p.story != slot || int(p.link) != i || s.index.find(s.index.terms[l.term].hash) != l.term {
				t.Fatalf("term %q of story %d is a stranger", s.index.texts[l.term], b.ID)
			}
			squares += p.weight * p.weight * b.scale * b.scale
		}
		if math.Abs(squares-b.squares) > 1e-6*squares {
			t.Fatalf("squares of weights are %v, counted as %v", squares, b.squares)
		}
		links += len(b.terms)
	}
	for _, term := range s.index.terms {
		postings += len(term.of)
	}
	if links != postings || s.index.used+len(s.index.free) != len(s.index.terms) {
		t.Fatalf("%d links, %d postings, %d terms in %d places, %d of them free", links, postings, s.index.used, len(s.index.terms), len(s.index.free))
	}
}

func saved(t interface{ Fatal(...any) }, s *State) []byte {
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func reloaded(t *rapid.T, s *State, o Options) *State {
	b := bytes.NewBuffer(saved(t, s))
	b.WriteString("what follows")
	loaded, err := Load(b, o)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != "what follows" {
		t.Fatalf("Load left %q", b.String())
	}
	return loaded
}

func few(t testing.TB) ([]byte, Options) {
	w, o := newWriter(), Options{StoriesMax: 3}
	s := New(o)
	for i, text := range []string{"fire in the harbour", "vote in the senate", "fire in the harbour again", "a comet"} {
		s.Observe(w.document(t, time.Duration(i)*day, "x", text))
	}
	return saved(t, s), o
}

// Every cut and every changed byte is an error, never a state; so are other
// options.
func TestLoadRefusesWhatIsDamaged(t *testing.T) {
	b, o := few(t)
	if _, err := Load(bytes.NewReader(b), o); err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := Load(bytes.NewReader(b[:i]), o); err == nil {
			t.Errorf("cut after %d bytes: no error", i)
		}
		changed := bytes.Clone(b)
		changed[i] ^= 0x10
		if _, err := Load(bytes.NewReader(changed), o); err == nil {
			t.Errorf("byte %d changed: no error", i)
		}
	}
	if _, err := Load(bytes.NewReader(b), Options{}); err == nil || !strings.Contains(err.Error(), "other options") {
		t.Errorf("other options: %v", err)
	}
	if _, err := Load(bytes.NewReader(b[:9]), o); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut: %v", err)
	}
}

// Whatever the payload, restoring it ends with an error or with a state that
// goes on.
func FuzzRestore(f *testing.F) {
	b, o := few(f)
	f.Add(b[16 : len(b)-8])
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := New(o)
		if s.restore(&decoder{rest: payload}) != nil {
			return
		}
		s.Observe(newWriter().document(t, day, "x", "fire in the harbour"))
		if s.Open() > o.StoriesMax {
			t.Fatalf("%d stories are open", s.Open())
		}
		saved(t, s)
	})
}

func TestOptionsSayWhatIsWrong(t *testing.T) {
	for want, o := range map[string]Options{
		"similarity":  {Similarity: 1},
		"fade":        {Fade: time.Second},
		"stories_max": {StoriesMax: -1},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := (Options{}).Check(); err != nil {
		t.Error(err)
	}
}
