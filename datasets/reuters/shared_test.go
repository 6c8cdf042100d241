package reuters

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"tidings/datasets/datasetstest"
	"time"
)

// record is a document of the collection as the shared data sets hold it.
type record struct {
	ID, Label, Title, Text string
	Labels                 []string
	Time                   time.Time
}

// written puts documents back into the collection's markup.
func written(all []record) []byte {
	var b bytes.Buffer
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", "ü", "\xfc")
	b.WriteString("<!DOCTYPE lewis SYSTEM \"lewis.dtd\">\n")
	for _, r := range all {
		fmt.Fprintf(&b, "<REUTERS TOPICS=\"YES\" LEWISSPLIT=\"TRAIN\" CGISPLIT=\"TRAINING-SET\" OLDID=\"1\" NEWID=\"%s\">\n", strings.TrimPrefix(r.ID, "reut-"))
		date := fmt.Sprintf("%2d-%s", r.Time.Day(), strings.ToUpper(r.Time.Format("Jan-2006 15:04:05.00")))
		fmt.Fprintf(&b, "<DATE>%s</DATE>\n<TOPICS>", date)
		topics := r.Labels
		if topics == nil && r.Label != "" {
			topics = []string{r.Label}
		}
		for _, topic := range topics {
			fmt.Fprintf(&b, "<D>%s</D>", topic)
		}
		b.WriteString("</TOPICS>\n<PLACES><D>usa</D></PLACES>\n<PEOPLE></PEOPLE>\n<UNKNOWN> \n&#5;&#5;&#5;F\n&#22;&#22;&#1;f0215&#31;reute\nd f BC-X   03-13 0076</UNKNOWN>\n")
		title, text := escaped.Replace(r.Title), escaped.Replace(r.Text)
		switch {
		case r.Title == "":
			fmt.Fprintf(&b, "<TEXT TYPE=\"UNPROC\">&#2;\n%s\nREUTER\n&#3;\n</TEXT>\n", text)
		case strings.HasPrefix(r.Text, "***"):
			stars := len(text) - len(strings.TrimLeft(text, "*"))
			fmt.Fprintf(&b, "<TEXT TYPE=\"BRIEF\">&#2;\n%s<TITLE>%s\n</TITLE>%s\n&#3;\n\n</TEXT>\n", text[:stars], title, text[stars:])
		default:
			fmt.Fprintf(&b, "<TEXT>&#2;\n<TITLE>%s</TITLE>\n<DATELINE>    X, April 1 - </DATELINE><BODY>%s\n Reuter\n&#3;</BODY></TEXT>\n", title, text)
		}
		b.WriteString("</REUTERS>\n")
	}
	return b.Bytes()
}

// The collection's own files are not here, but documents made of them are: put
// back into its markup, each comes out as it was.
func TestTheCollectionComesBack(t *testing.T) {
	all := datasetstest.Read[record](t, "reuters-21578.jsonl.gz", 0)
	back, err := read(t, bytes.NewReader(written(all)))
	if err != io.EOF || len(back) != len(all) || len(all) != 21578 {
		t.Fatalf("%d of %d documents, %v", len(back), len(all), err)
	}
	for i, want := range all {
		d := back[i].d
		if want.Title == "" && want.Text == "" {
			if back[i].reason != "no_text" {
				t.Errorf("%s: %+v", want.ID, back[i])
			}
			continue
		}
		if d.ID != want.ID || !d.Time.Equal(want.Time) || d.Label != want.Label || !slices.Equal(d.Labels, want.Labels) || d.Title != want.Title || d.Text != want.Text {
			t.Fatalf("got  %+v\nwant %+v", d, want)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	file := written(datasetstest.Read[record](b, "reuters-21578.jsonl.gz", 0))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r := NewReader(bytes.NewReader(file))
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "documents/s")
}
