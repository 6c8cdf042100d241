package htmltext

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// Properties: people see the words, on the lines where they stand, and nothing
// else.
func TestText(t *testing.T) {
	tests := map[string]struct{ html, want string }{
		"plain":                {"Rain in  Ghent\n tonight", "Rain in Ghent tonight"},
		"inline":               {"a <b>bold</b>er <a href='x'>word</a>", "a bolder word"},
		"blocks":               {"<h1>Title</h1><p>One.</p><p>Two<br>lines</p>", "Title\nOne.\nTwo\nlines"},
		"list":                 {"<ul><li>one<li>two</ul>", "one\ntwo"},
		"table":                {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc"},
		"entities":             {"Fish &amp; chips &#8211; &eacute;t&eacute; &nbsp; &lt;b&gt;", "Fish & chips – été <b>"},
		"entity without end":   {"AT&T &copy 2024 &nosuch; &", "AT&T © 2024 &nosuch; &"},
		"script and style":     {"a<script>alert('<p>x</p>')</script><style>p{}</style>b", "ab"},
		"script without end":   {"a<script>alert(1) b", "a"},
		"self-closing script":  {"a<script/>alert(1)</script>b", "ab"},
		"nested svg":           {"a<svg><svg>x</svg><title>y</title></svg>b", "ab"},
		"svg without end":      {"a<svg>x<p>b", "a\nb"},
		"self-closing svg":     {"a<svg/>b", "ab"},
		"iframe and textarea":  {"a<iframe src=x>none</iframe><textarea><p>t</textarea>b", "ab"},
		"comment":              {"a<!-- <p>hidden</p> -->b<!doctype html><?php x ?>c", "abc"},
		"comment without end":  {"a<!-- b", "a"},
		"cdata":                {"a<![CDATA[x]]>b", "ab"},
		"attributes with tags": {`<img alt="<p>x" onerror="alert(1)">a<a title='>'>b</a>`, "ab"},
		"not a tag":            {"1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3"},
		"cut off":              {"a<b>b</b", "ab"},
		"cut off in a tag":     {"a <a href='http://x", "a"},
		"image between words":  {"a<img src=x>b", "a b"},
		"hidden characters":    {"co\u00adop\u200b \u202eevil\u202c\ufeff \x01", "coop evil"},
		"joiners stay":         {"می\u200cخواهم 👩\u200d🚒", "می\u200cخواهم 👩\u200d🚒"},
		"not UTF-8":            {"caf\xe9 <p>\xff", "caf\ufffd\n\ufffd"},
		"nul":                  {"a\x00b&#0;c", "ab\ufffdc"},
		"cjk":                  {"<p>東京で</p><p>会議\u3000開催</p>", "東京で\n会議 開催"},
		"empty":                {"", ""},
		"only markup":          {"<div><p></p><br/></div> ", ""},
		"title":                {"<html><head><title>T &amp; U</title></head><body>b", "T & U\nb"},
		"select":               {"<select><option>x</option></select>after", "x\nafter"},
	}
	for name, tt := range tests {
		if got := string(Text([]byte("before|"), []byte(tt.html))); got != "before|"+tt.want {
			t.Errorf("%s: %q, want %q", name, strings.TrimPrefix(got, "before|"), tt.want)
		}
	}
}

// Properties: whatever comes in, valid UTF-8 without control characters, or
// white space at its ends or twice, comes out, at most three times as long; the
// text of text without markup is the text.
func FuzzText(f *testing.F) {
	for _, s := range []string{"<p>a&amp;b</p>", "a<svg><p>b</svg>", "<script>", "\xff\x00&#xD800;&#x110000;", "<!--", "&NotEqualTilde;", "<a b=\"", "<plaintext>x</plaintext>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := string(Text(nil, []byte(in)))
		switch {
		case !utf8.ValidString(out):
			t.Errorf("%q gives %q, which is not UTF-8", in, out)
		case strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
			t.Errorf("%q gives %q, which has control characters", in, out)
		case strings.TrimSpace(out) != out || strings.Contains(out, "  ") || strings.Contains(out, "\n\n"):
			t.Errorf("%q gives %q, which has useless white space", in, out)
		case len(out) > 3*len(in):
			t.Errorf("%d bytes give %d", len(in), len(out))
		case !strings.ContainsAny(out, "<&") && string(Text(nil, []byte(out))) != strings.ReplaceAll(out, "\n", " "):
			t.Errorf("%q gives %q, whose text is %q", in, out, Text(nil, []byte(out)))
		}
	})
}

// Properties: input made to be slow takes no longer than its size asks for.
func TestHostileMarkupTakesLinearTime(t *testing.T) {
	const size = 256 << 10
	for _, piece := range []string{"<", "<a ", "<a b='", "<!--", "<!", "<svg>", "<script>", "</script", "<script><!--<script>", "&", "&#", "&amp", "<p>", "<td>", "<a b=c ", "<![CDATA[", "</", "<?", "<textarea>", "\x00", "\xff", "a<p>"} {
		began := time.Now()
		out := Text(nil, bytes.Repeat([]byte(piece), size/len(piece)))
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%q again and again: %s for 256 KiB", piece, took)
		}
		if len(out) > 3*size {
			t.Errorf("%q again and again: %d bytes", piece, len(out))
		}
	}
}

func BenchmarkText(b *testing.B) {
	page := []byte(strings.Repeat(`<div class="story"><p>Rain fell on <a href="/ghent">Ghent</a> &amp; the coast, and <b>nobody</b> minded it at all.</p><img src="x.png"></div>`, 100))
	dst := make([]byte, 0, len(page))
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		dst = Text(dst[:0], page)
	}
}
