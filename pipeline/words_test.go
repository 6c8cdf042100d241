package pipeline

import (
	"bytes"
	"slices"
	"testing"

	"tidings/features"
)

// spoken is a unit of documents with the order of their words, and others.
func spoken(t *testing.T) *Unit {
	u := &Unit{From: 7, To: 9}
	tokenizer := features.NewTokenizer(features.Options{})
	for i, text := range []string{"Hurricane Harvey hits, Texas", "", "Texas again; Harvey again"} {
		e := Entry{Kind: DocumentEntry, ID: text, Time: noTime, terms: uint32(len(u.Terms)), words: uint32(len(u.Words))}
		e.Position.Sequence = u.From + uint64(i)
		var err error
		if u.Terms, u.Words, err = tokenizer.AppendOrdered(u.Terms, u.Words, &u.Dict, nil, []byte(text)); err != nil {
			t.Fatal(err)
		}
		e.termsEnd, e.wordsEnd = uint32(len(u.Terms)), uint32(len(u.Words))
		u.Entries = append(u.Entries, e)
		dead := Entry{Kind: DeadLetter, Position: e.Position, Time: noTime}
		dead.Position.Line = 1
		u.Entries = append(u.Entries, dead)
	}
	return u
}

// saying is what the documents of a unit say, word by word.
func saying(u *Unit) (all []string) {
	for i := range u.Entries {
		for _, ref := range u.WordsOf(&u.Entries[i]) {
			if ref == features.Gap {
				all = append(all, "|")
			} else {
				all = append(all, string(u.Dict.Text(ref)))
			}
		}
		all = append(all, ".")
	}
	return all
}

// Properties: a record carries the order of words, of those log messages that are
// a partition's; whoever does not want it passes over it; a record that is cut
// within a section is refused, and none that is changed does harm.
func TestRecordsCarryTheOrderOfWords(t *testing.T) {
	u := spoken(t)
	for name, owns := range map[string]func(uint64) bool{
		"all":  func(uint64) bool { return true },
		"last": func(sequence uint64) bool { return sequence == 9 },
	} {
		var c codec
		record, err := c.encode(u, []byte{tokensSection, wordsSection}, 0, owns)
		if err != nil {
			t.Fatal(err)
		}
		record = bytes.Clone(record)
		got := &Unit{From: u.From, To: u.To}
		if err := (&codec{wanted: true}).decode(got, record, 0); err != nil {
			t.Fatal(err)
		}
		want := saying(u)
		if name == "last" {
			want = want[len(want)-7:]
		}
		if !slices.Equal(saying(got), want) {
			t.Errorf("%s: read as %q, want %q", name, saying(got), want)
		}
		plain := &Unit{From: u.From, To: u.To}
		if err := new(codec).decode(plain, record, 0); err != nil || len(plain.Words) > 0 || len(plain.Terms) != len(got.Terms) {
			t.Errorf("%s: %d words that are not wanted (%v)", name, len(plain.Words), err)
		}
		tokens, err := new(codec).encode(u, []byte{tokensSection}, 0, owns)
		if err != nil {
			t.Fatal(err)
		}
		for i := range record {
			cut := &Unit{From: u.From, To: u.To}
			whole := i == 1 || i == len(tokens) // sections
			if err := (&codec{wanted: true}).decode(cut, record[:i], 0); (err == nil) != whole {
				t.Errorf("%s: cut after %d of %d bytes: no error", name, i, len(record))
			}
			changed := bytes.Clone(record)
			changed[i] ^= 0x41
			other := &Unit{From: u.From, To: u.To}
			if (&codec{wanted: true}).decode(other, changed, 0) == nil {
				saying(other)
			}
		}
	}
}

// What documents say is added where somebody said something of the document, and
// nowhere else.
func TestWhatDocumentsSayIsAddedByPosition(t *testing.T) {
	said := spoken(t)
	u := &Unit{}
	for _, e := range said.Entries {
		e.terms, e.termsEnd, e.words, e.wordsEnd = 0, 0, 0, 0
		if e.Kind != DeadLetter {
			u.Entries = append(u.Entries, e)
		}
	}
	u.Entries[0].Kind = LostEntry
	for i := range said.Entries {
		u.say(&said.Entries[i])
	}
	for i, want := range []int{0, 0, 5} {
		if n := len(said.Words[u.Entries[i].words:u.Entries[i].wordsEnd]); n != want {
			t.Errorf("document %d has %d words, want %d", i, n, want)
		}
	}
}
