package features_test

import (
	"fmt"
	"testing"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"

	"tidings/features"
)

// TestDictionaryIsAListWithoutRepetition verifies against a plain map:
//   - a text has the reference of its first appearance, counted from 0
//   - texts and hashes are kept
//   - Reset leaves nothing behind
func TestDictionaryIsAListWithoutRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dict features.Dictionary
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			dict.Reset()
			refs := map[string]uint32{}
			var texts []string
			for range rapid.IntRange(0, 1500).Draw(t, "adds") {
				text := fmt.Sprint(rapid.IntRange(0, 1200).Draw(t, "term"))
				if _, ok := refs[text]; !ok {
					refs[text] = uint32(len(texts))
					texts = append(texts, text)
				}
				if got := dict.Add([]byte(text)); got != refs[text] {
					t.Fatalf("%q has the reference %d, want %d", text, got, refs[text])
				}
			}
			if dict.Len() != len(texts) || len(dict.Hashes()) != len(texts) {
				t.Fatalf("%d terms, want %d", dict.Len(), len(texts))
			}
			for i, text := range texts {
				ref := uint32(i)
				if string(dict.Text(ref)) != text || dict.Hash(ref) != xxhash.Sum64String(text) || dict.Hashes()[i] != dict.Hash(ref) {
					t.Fatalf("term %d is %q %x, want %q", i, dict.Text(ref), dict.Hash(ref), text)
				}
			}
		}
	})
}

func TestDictionaryTextCannotReachTheNext(t *testing.T) {
	var dict features.Dictionary
	a := dict.Add([]byte("a"))
	b := dict.Add([]byte("b"))
	_ = append(dict.Text(a), 'x')
	if string(dict.Text(b)) != "b" {
		t.Errorf("appending to one text changed the next to %q", dict.Text(b))
	}
}
