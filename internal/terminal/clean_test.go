package terminal

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":               {"Armed conflicts & attacks", "Armed conflicts & attacks"},
		"colours":             {"\x1b[1;31mred\x1b[0m", "red"},
		"title, bell":         {"\x1b]0;owned\athe rest", "the rest"},
		"title, terminator":   {"\x1b]0;owned\x1b\\the rest", "the rest"},
		"unended string":      {"\x1b]0;owned", "0;owned"},
		"interrupted string":  {"\x1b]0;ow\x1b[31mned", "ned"},
		"reset":               {"a\x1bcb", "ab"},
		"character set":       {"a\x1b(Bb", "ab"},
		"escape at the end":   {"a\x1b", "a"},
		"nested escapes":      {"\x1b\x1b[31m[31mx", "[31mx"},
		"eight-bit control":   {"\u009b31mx", "31mx"},
		"white space":         {" \t a\r\n\u00a0\u2028\u3000b ", "a b"},
		"invalid":             {"a\xff\xfeb", "a\uFFFDb"},
		"direction":           {"a\u202eb\u2066c\u200fd", "abcd"},
		"invisible":           {"a\u200b\ufeff\u00ad\u2060\u3164b", "ab"},
		"private":             {"a\ue000b\U0010ffff", "a\uFFFDb\uFFFD"},
		"composed":            {"e\u0301", "é"},
		"marks":               {"x" + strings.Repeat("\u0301", 9), "x\u0301\u0301"},
		"mark on nothing":     {"\u0301a \u0301", "◌\u0301a ◌\u0301"},
		"emoji":               {"👩‍🚀👍🏽☀️", "👩🚀👍☀"},
		"Korean":              {"\u1112\u1161\u11ab", "한"},
		"Persian non-joiner":  {"می\u200cخواهم", "می\u200cخواهم"},
		"only what is hidden": {"\x1b[0m\u200b", ""},
	}
	for name, tt := range tests {
		if got := clean(tt.in); string(got) != tt.want {
			t.Errorf("%s: %q became %q, want %q", name, tt.in, got, tt.want)
		}
	}
}

func TestColumns(t *testing.T) {
	tests := []struct {
		in   text
		want int
	}{{"abc", 3}, {"né", 2}, {"e\u0301", 1}, {"北京", 4}, {"한국", 4}, {"👍", 2}, {"ｱ", 1}, {"Ａ", 2}, {"━●▲…", 4}, {"", 0}}
	for _, tt := range tests {
		if got := tt.in.columns(); got != tt.want {
			t.Errorf("%q takes %d columns, want %d", tt.in, got, tt.want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in      text
		columns int
		want    text
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"北京市", 4, "北…"}, {"北京市", 5, "北京…"},
		{"ae\u0301bc", 3, "ae\u0301…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"abc", -1, ""}, {"", 0, ""},
	}
	for _, tt := range tests {
		if got := tt.in.cut(tt.columns); got != tt.want {
			t.Errorf("%q in %d columns is %q, want %q", tt.in, tt.columns, got, tt.want)
		}
	}
}

// For any input, clean
//   - leaves nothing that steers a terminal, and valid UTF-8,
//   - is bounded,
//   - cuts, pads and wraps to the width asked for, losing no letter when wrapped.
func FuzzClean(f *testing.F) {
	for _, s := range hostiles() {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, columns int) {
		columns = 2 + (columns&0x7fffffff)%200 // a wide character needs 2
		c := clean(s)
		checkHarmless(t, string(c))
		if strings.ContainsRune(string(c), '\n') || len([]rune(string(c))) > foreignRunesMax+2 {
			t.Fatalf("%d runes: %q", len([]rune(string(c))), c)
		}
		if n := c.cut(columns).columns(); n > columns {
			t.Fatalf("cut to %d columns of %d", n, columns)
		}
		if n := c.left(columns).columns(); n != columns {
			t.Fatalf("filled up to %d columns of %d", n, columns)
		}
		var letters strings.Builder
		for _, piece := range c.wrap(columns) {
			if n := piece.columns(); n > columns {
				t.Fatalf("wrapped to %d columns of %d", n, columns)
			}
			letters.WriteString(string(piece))
		}
		if unspaced(letters.String()) != unspaced(string(c)) {
			t.Fatalf("wrapped %q to %q", c, letters.String())
		}
	})
}

func TestNumbers(t *testing.T) {
	tests := []struct{ got, want text }{
		{number(0), "0"}, {number(999), "999"}, {number(1000), "1,000"}, {number(1 << 63), "9,223,372,036,854,775,808"},
		{compact(9999), "9999"}, {compact(10_000), "10k"}, {compact(999_499), "999k"}, {compact(999_500), "1.0M"}, {compact(12_345_678), "12M"}, {compact(1 << 63), "9.2E"},
		{percent(.8012, 2), "80.12"}, {percent(1, 2), "100.00"}, {percent(.999999, 1), "99.9"}, {percent(2, 0), "100"}, {percent(-1, 0), "0"},
		{signed(.5, 2), "+0.50"}, {signed(-.5, 2), "−0.50"}, {signed(0, 2), "0.00"}, {signed(1e30, 2), "+1e+30"},
		{milliseconds(0), "0 ms"}, {milliseconds(.0001), "1 µs"}, {milliseconds(.34), "340 µs"}, {milliseconds(2.13), "2.1 ms"}, {milliseconds(14.3), "14 ms"}, {milliseconds(61_000), "1 min 01 s"},
		{rate(0), "0"}, {rate(3.44), "3.4"}, {rate(4832.3), "4,832"}, {rate(1e300), "1e+300"},
		{size(-1), "0 B"}, {size(1023), "1023 B"}, {size(1024), "1.0 KiB"}, {size(142 << 20), "142 MiB"}, {size(1 << 62), "4.0 EiB"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func unspaced(s string) string { return strings.ReplaceAll(s, " ", "") }
