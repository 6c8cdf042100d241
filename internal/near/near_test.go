package near_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/internal/near"
)

// Properties: the name that was meant is found with a letter wrong, left out,
// added or swapped, in capitals, or with its beginning alone; nothing is made
// up.
func TestNameIsWhatWasMeant(t *testing.T) {
	names := []string{"store", "state", "doctor", "json", "window"}
	for word, want := range map[string]string{
		"stroe": "store", "stare": "store", "dctor": "doctor", "doctorr": "doctor", "win": "window", "jsn": "json",
		"STORE": "store", "Win": "window", "st": "store", "jsonlines": "json", "windows-of-time": "window",
		"x": "", "": "", "xyz": "", "completely": "", "nearly nothing of it": "", strings.Repeat("store", 20): "", strings.Repeat("x", 10_000): "",
	} {
		if got := near.Name(word, names); got != want {
			t.Errorf("Name(%q) is %q, want %q", word, got, want)
		}
	}
	if got := near.Question("jsn", names); got != `did you mean "json"? ` {
		t.Errorf("asked is %q", got)
	}
	if got := near.Question("xyz", names); got != "" {
		t.Errorf("asked is %q, where nothing is near", got)
	}
}

func TestDistanceCountsLettersToChange(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "ABC", 0}, {"abc", "abd", 1}, {"abc", "ac", 1},
		{"ab", "ba", 1}, {"abcd", "badc", 2}, {"kitten", "sitting", 3}, {"a", strings.Repeat("a", 65), 64},
	} {
		if got := near.Distance(test.a, test.b); got != test.want {
			t.Errorf("Distance(%q, %q) is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// Properties: it is the same in both directions, nothing between a word and
// itself, and never more than writing the longer one anew.
func TestDistanceIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d]{0,12}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := near.Distance(a, b)
		if d != near.Distance(b, a) || near.Distance(a, a) != 0 || d > max(len(a), len(b)) || (d == 0) != (a == b) {
			t.Fatalf("Distance(%q, %q) is %d", a, b, d)
		}
	})
}
