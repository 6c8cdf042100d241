package newsgroups

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"tidings/datasets/datasetstest"
	"unicode/utf8"

	"tidings"
)

// Properties:
//   - title and text of an article are its subject and what follows its
//     header; nothing else of the header is in them;
//   - whatever the bytes are, there is a good document or a
//     *tidings.DocumentError, and text is UTF-8;
//   - an article written from a document of the collection becomes that
//     document again.

const article = "From: rider@example.org (A Rider)\nSubject: Re: Chains and belts\nOrganization: Example\n University\nLines: 3\n\nIn article <1@example.org> other@example.org writes:\n>Which lasts longer?\n\nA belt.\n"

func TestParse(t *testing.T) {
	tests := map[string]struct{ message, title, text string }{
		"as it should be":       {article, "Re: Chains and belts", "In article <1@example.org> other@example.org writes:\n>Which lasts longer?\n\nA belt."},
		"line breaks of DOS":    {"Subject: A\r\nFrom: b\r\n\r\nC\r\nD\r\n", "A", "C\r\nD"},
		"long subject":          {"Subject: A b\n\tc  d\n e\nFrom: f\n\nG", "A b c  d e", "G"},
		"two subjects":          {"From: a\nSubject: B\nSubject: C\n\nD", "B", "D"},
		"small letters":         {"from: a\nsubject: B\n\nD", "B", "D"},
		"no subject":            {"From: a\nLines: 1\n\nD", "", "D"},
		"empty subject":         {"From: a\nSubject:\n\nD", "", "D"},
		"no space":              {"Subject:A\n\nD", "A", "D"},
		"no text":               {"From: a\nSubject: test\n\n", "test", ""},
		"no end":                {"From: a\nSubject: test", "test", ""},
		"no empty line":         {"From: a\nSubject: B\nThe text begins\nat once: here.\n", "B", "The text begins\nat once: here."},
		"header twice":          {"From: a\nSubject: B\n\nOrganization: c\n\nD", "B", "Organization: c\n\nD"},
		"broken header":         {"From: a\nOrganization: c\nof d\nSubject: B\n\nD", "B", "D"},
		"mailbox":               {"From a@example.org Mon Mar  1\nSubject: B\n\nD", "B", "D"},
		"Latin-1":               {"Subject: caf\xe9\n\nf\xfcr \x80 \xff\xa0", "café", "für \u0080 ÿ"},
		"UTF-8":                 {"Subject: café\n\nfür", "café", "für"},
		"encoded words":         {"Subject: =?iso-8859-1?Q?caf=E9?= =?utf-8?B?w7w=?=\n\nD", "caféü", "D"},
		"words badly encoded":   {"Subject: =?x-none?Q?caf=E9?=\n\nD", "=?x-none?Q?caf=E9?=", "D"},
		"byte order mark":       {"\ufeffSubject: A\n\nD", "A", "D"},
		"control characters":    {"Subject: A\n\nB\x1b[7m\fC", "A", "B\x1b[7m\fC"},
		"spaces in the subject": {"Subject:  Re:  A \n\nD", "Re:  A", "D"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(test.message), "rec.example", "103007")
			if err != nil {
				t.Fatal(err)
			}
			if d.ID != "rec.example/103007" || d.Label != "rec.example" || d.Labels != nil || !d.Time.IsZero() || d.Source != "" {
				t.Fatalf("%+v", d)
			}
			if d.Title != test.title || d.Text != test.text {
				t.Fatalf("got  %q, %q\nwant %q, %q", d.Title, d.Text, test.title, test.text)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	tests := map[string]struct {
		message, group string
		want           tidings.Reason
	}{
		"empty":               {"", "g", tidings.ReasonRow},
		"prose":               {"It begins at once.\n\nSubject: A", "g", tidings.ReasonRow},
		"an empty line first": {"\nSubject: A\n\nD", "g", tidings.ReasonRow},
		"binary":              {"\x00\x01\x02:\n", "g", tidings.ReasonRow},
		"neither":             {"From: a\n\n \n", "g", tidings.ReasonNoText},
		"too long":            {"Subject: A\n\n" + strings.Repeat("x", tidings.TextBytesMax), "g", tidings.ReasonTextTooLong},
		"much too long":       {"Subject: A\n\n" + strings.Repeat("x", MessageBytesMax), "g", tidings.ReasonTextTooLong},
		"group's name":        {article, strings.Repeat("g", tidings.LabelBytesMax+1), tidings.ReasonLabelTooLong},
		"group's bytes":       {article, "\xff", tidings.ReasonNotUTF8},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := Parse([]byte(test.message), test.group, "1")
			var bad *tidings.DocumentError
			if !errors.As(err, &bad) || bad.Reason != test.want || d.ID != "" {
				t.Fatalf("%+v, %v", d, err)
			}
		})
	}
}

func TestLooks(t *testing.T) {
	for head, want := range map[string]bool{
		article: true, article[:60]: true, "Path: a!b\nNewsgroups: c\nFrom: d\n\n": true, "Subject: A\r\nFrom: b\r\n\r\n": true, "\ufeffFrom: a\nSubject: b": true,
		"": false, "From: a\n\nSubject: b": false, "Lines: 1\nDate: 2\n\n": false, "{\"from\": 1}\nSubject: a\nFrom: b": false, "id,text\nSubject: a\nFrom: b\n": false,
		"Dear all,\nFrom: a\nSubject: b": false, "\n\nFrom: a\nSubject: b": false, "<REUTERS>": false, "Recipe: a\nFrom: b\nSubject: c": false,
	} {
		if Looks([]byte(head)) != want {
			t.Errorf("%.60q: %v", head, !want)
		}
	}
}

func TestAnArticleCutOffAnywhere(t *testing.T) {
	whole, err := Parse([]byte(article), "g", "1")
	if err != nil {
		t.Fatal(err)
	}
	for n := range article {
		d, err := Parse([]byte(article[:n]), "g", "1")
		var bad *tidings.DocumentError
		switch {
		case errors.As(err, &bad):
		case err != nil:
			t.Fatalf("cut at %d: %v", n, err)
		case !strings.HasPrefix(whole.Title, d.Title) || d.Title == whole.Title && n > strings.Index(article, "\n\n") && !strings.HasPrefix(whole.Text, d.Text):
			t.Fatalf("cut at %d: %+v", n, d)
		}
	}
}

// The collection's own articles are not here, but documents made of them are:
// put back into an article, in Latin-1, each comes out as it was.
func TestTheCollectionComesBack(t *testing.T) {
	type wanted struct{ ID, Label, Title, Text string }
	all := datasetstest.Read[wanted](t, "20newsgroups-train.jsonl.gz", 0)
	for _, want := range all {
		message := latin1("From: somebody@example.org\nSubject: " + want.Title + "\nLines: 10\n\n" + want.Text + "\n")
		_, name, _ := strings.Cut(want.ID, "/")
		d, err := Parse(message, want.Label, name)
		if err != nil || d.ID != want.ID || d.Title != want.Title || d.Text != want.Text {
			t.Fatalf("%s: %v\n got %q, %q\nwant %q, %q", want.ID, err, d.Title, d.Text, want.Title, want.Text)
		}
		if !Looks(message) {
			t.Fatalf("%s is not known again", want.ID)
		}
	}
	if len(all) != 11314 {
		t.Fatalf("%d documents", len(all))
	}
}

// latin1 writes each character as the byte that it is in Latin-1; others stay
// UTF-8.
func latin1(s string) []byte {
	var out []byte
	for _, c := range s {
		if c > 0xff {
			return []byte(s)
		}
		out = append(out, byte(c))
	}
	return out
}

// FuzzParse reads anything as an article.
func FuzzParse(f *testing.F) {
	f.Add([]byte(article))
	f.Add([]byte("Subject: =?utf-8?Q?=FF?=\n \n\n\xff"))
	f.Add([]byte("A:\r\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		d, err := Parse(message, "group", "1")
		var bad *tidings.DocumentError
		switch {
		case errors.As(err, &bad):
			if d.ID != "" || !utf8.ValidString(err.Error()) {
				t.Fatalf("%+v, %v", d, err)
			}
		case err != nil:
			t.Fatal(err)
		default:
			if err := d.Check(); err != nil {
				t.Fatal(err)
			}
		}
		Looks(message)
	})
}

func BenchmarkParse(b *testing.B) {
	message := []byte(article + strings.Repeat("Nothing lasts longer than what one takes care of.\n", 30))
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(message, "rec.example", "1"); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleParse() {
	d, err := Parse([]byte("From: a@example.org\nSubject: Re: Chains\nLines: 1\n\nTake a belt.\n"), "rec.motorcycles", "103007")
	fmt.Println(d.ID, err)
	fmt.Printf("%q %q\n", d.Title, d.Text)
	// Output:
	// rec.motorcycles/103007 <nil>
	// "Re: Chains" "Take a belt."
}
