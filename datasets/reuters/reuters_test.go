package reuters

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tidings"
)

// Properties:
//   - a record is a document, the first topic its label; its neighbours do
//     not matter;
//   - each record and each piece of text between records is told of, once,
//     with its line;
//   - a file cut off anywhere gives the whole records before the cut, and the
//     record that was cut is bad;
//   - it does not matter in which pieces a file is read;
//   - memory stays below a few times RecordBytesMax;
//   - a record written from a document of the collection becomes that
//     document again.

// collection is a file in the collection's markup; its news are made up.
const collection = `<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" CGISPLIT="TRAINING-SET" OLDID="5544" NEWID="1">
<DATE>26-FEB-1987 15:01:01.79</DATE>
<TOPICS><D>grain</D><D>wheat</D></TOPICS>
<PLACES><D>northmark</D></PLACES>
<PEOPLE></PEOPLE>
<ORGS></ORGS>
<EXCHANGES></EXCHANGES>
<COMPANIES></COMPANIES>
<UNKNOWN> 
&#5;&#5;&#5;C T
&#22;&#22;&#1;f0704&#31;reute
u f BC-OLM-WHEAT   02-26 0105</UNKNOWN>
<TEXT>&#2;
<TITLE>OLM &lt;OLM> SELLS &amp; BUYS WHEAT</TITLE>
<AUTHOR>    By A. Writer, Reuters</AUTHOR>
<DATELINE>    OLM, Feb 26 - </DATELINE><BODY>Olm &lt;OLM> sold wheat
throughout the week.
    It "may" buy some &lt;later>.
 Reuter
&#3;</BODY></TEXT>
</REUTERS>
<REUTERS TOPICS="NO" LEWISSPLIT="TEST" CGISPLIT="TRAINING-SET" OLDID="5545" NEWID="2">
<DATE> 7-APR-1987 11:02:20.00E RM</DATE>
<MKNOTE>A note.</MKNOTE>
<TOPICS></TOPICS>
<UNKNOWN> 
&#5;&#5;&#5;F</UNKNOWN>
<TEXT TYPE="BRIEF">&#2;
******<TITLE>OLM SAYS HARBOUR IS SHUT
</TITLE>Blah blah blah.
&#3;

</TEXT>
</REUTERS>
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" CGISPLIT="TRAINING-SET" OLDID="5546" NEWID="3">
<DATE>26-FEB-1987 15:03:27.51</DATE>
<TOPICS><D>ship</D></TOPICS>
<TEXT TYPE="UNPROC">&#2;
OLM HARBOUR NOON - FEB 26
 SHIPS    12
REUTER
&#3;
</TEXT>
</REUTERS>
`

type got struct {
	d      tidings.Document
	line   uint64
	reason tidings.Reason
	raw    string
}

func read(t testing.TB, r io.Reader) (all []got, end error) {
	t.Helper()
	reader := NewReader(r)
	for {
		d, line, err := reader.Next()
		var bad *tidings.DocumentError
		switch {
		case errors.As(err, &bad):
			if d.ID != "" || len(reader.Raw()) == 0 {
				t.Fatalf("%v has the document %+v and the raw text %q", err, d, reader.Raw())
			}
			all = append(all, got{line: line, reason: bad.Reason, raw: string(reader.Raw())})
		case err != nil:
			if _, _, again := reader.Next(); again != err {
				t.Fatalf("after %v came %v", err, again)
			}
			return all, err
		default:
			if err := d.Check(); err != nil {
				t.Fatalf("%+v: %v", d, err)
			}
			all = append(all, got{d: d, line: line, raw: string(reader.Raw())})
		}
		if len(reader.Raw()) > RawBytesMax || line == 0 {
			t.Fatalf("line %d with %d bytes of raw text", line, len(reader.Raw()))
		}
	}
}

// shown is a short form of what was read.
func shown(all []got) string {
	var b strings.Builder
	for _, g := range all {
		if g.reason != "" {
			fmt.Fprintf(&b, "%d!%s ", g.line, g.reason)
		} else {
			fmt.Fprintf(&b, "%d:%s ", g.line, g.d.ID)
		}
	}
	return strings.TrimSpace(b.String())
}

func TestTheCollectionsMarkup(t *testing.T) {
	all, err := read(t, strings.NewReader(collection))
	if err != io.EOF || shown(all) != "2:reut-1 23:reut-2 36:reut-3" {
		t.Fatalf("%s, %v", shown(all), err)
	}
	want := []tidings.Document{
		{ID: "reut-1", Time: time.Date(1987, 2, 26, 15, 1, 1, 790e6, time.UTC), Label: "grain", Labels: []string{"grain", "wheat"},
			Title: "OLM <OLM> SELLS & BUYS WHEAT", Text: "Olm <OLM> sold wheat\nthroughout the week.\n    It \"may\" buy some <later>."},
		{ID: "reut-2", Time: time.Date(1987, 4, 7, 11, 2, 20, 0, time.UTC), Title: "OLM SAYS HARBOUR IS SHUT", Text: "******Blah blah blah."},
		{ID: "reut-3", Time: time.Date(1987, 2, 26, 15, 3, 27, 510e6, time.UTC), Label: "ship", Text: "OLM HARBOUR NOON - FEB 26\n SHIPS    12"},
	}
	for i, g := range all {
		if fmt.Sprintf("%+v", g.d) != fmt.Sprintf("%+v", want[i]) {
			t.Errorf("got  %+v\nwant %+v", g.d, want[i])
		}
		if !strings.HasPrefix(g.raw, "<REUTERS TOPICS=") {
			t.Errorf("raw text %q", g.raw)
		}
	}
}

// rec is a record on one line.
func rec(id, head, text string) string {
	return `<REUTERS TOPICS="YES" NEWID="` + id + `">` + head + `<TEXT>` + text + `</TEXT></REUTERS>` + "\n"
}

func TestBadRecordsAndTheirNeighbours(t *testing.T) {
	good := rec("9", "", "<BODY>Good.</BODY>")
	tests := map[string]struct{ file, want string }{
		"empty":                        {"", ""},
		"blank":                        {"\n \n", ""},
		"document type alone":          {"<!DOCTYPE lewis SYSTEM \"lewis.dtd\">\n", ""},
		"no record":                    {"some\ntext\n", "1!bad_row"},
		"text between":                 {good + "\nsome\ntext\n" + good, "1:reut-9 3!bad_row 5:reut-9"},
		"end tag twice":                {good + "</REUTERS>\n" + good, "1:reut-9 2!bad_row 3:reut-9"},
		"first tag misspelt":           {good + "<REUTRS NEWID=\"1\"><TEXT>x</TEXT></REUTERS>\n" + good, "1:reut-9 2!bad_row 3:reut-9"},
		"old mark of the end":          {good + "\x1a", "1:reut-9"},
		"files behind one another":     {collection + collection, "2:reut-1 23:reut-2 36:reut-3 47:reut-1 68:reut-2 81:reut-3"},
		"no id":                        {"<REUTERS TOPICS=\"YES\"><TEXT>x</TEXT></REUTERS>\n" + good, "1!no_id 2:reut-9"},
		"empty id":                     {rec(" ", "", "x") + good, "1!no_id 2:reut-9"},
		"id without end":               {"<REUTERS NEWID=\"5>\n<TEXT>x</TEXT></REUTERS>\n" + good, "1!no_id 3:reut-9"},
		"no text":                      {"<REUTERS NEWID=\"5\"></REUTERS>\n" + good, "1!no_text 2:reut-9"},
		"empty text":                   {rec("5", "", "&#2;\n<TITLE></TITLE>&#3;") + good, "1!no_text 3:reut-9"},
		"signature alone":              {rec("5", "", "&#2;REUTER\n&#3;") + good, "1!no_text 3:reut-9"},
		"no date in the date":          {rec("5", "<DATE>yesterday</DATE>", "x") + good, "1!bad_time 2:reut-9"},
		"too many topics":              {rec("5", "<TOPICS>"+manyTopics(65)+"</TOPICS>", "x") + good, "1!too_many_labels 2:reut-9"},
		"very many topics":             {rec("5", "<TOPICS>"+manyTopics(9999)+"</TOPICS>", "x") + good, "1!too_many_labels 2:reut-9"},
		"long topic":                   {rec("5", "<TOPICS><D>"+strings.Repeat("x", 257)+"</D></TOPICS>", "x") + good, "1!label_too_long 2:reut-9"},
		"long id":                      {rec(strings.Repeat("5", 2000), "", "x") + good, "1!id_too_long 2:reut-9"},
		"long text":                    {rec("5", "", strings.Repeat("x", tidings.TextBytesMax+1)) + good, "1!text_too_long 2:reut-9"},
		"record above the limit":       {rec("5", "", strings.Repeat("x\n", RecordBytesMax)) + good, fmt.Sprintf("1!text_too_long %d:reut-9", RecordBytesMax+2)},
		"no end below the limit":       {"<REUTERS NEWID=\"5\">" + strings.Repeat("x\n", RecordBytesMax) + good, fmt.Sprintf("1!text_too_long %d:reut-9", RecordBytesMax+1)},
		"above the limit to the end":   {"<REUTERS NEWID=\"5\">" + strings.Repeat("x\n", RecordBytesMax), "1!text_too_long"},
		"end tag of the record missed": {"<REUTERS NEWID=\"5\"><TEXT>x</TEXT>\n" + good, "1:reut-5 2:reut-9"},
		"end tags missed":              {"<REUTERS NEWID=\"5\"><TEXT>x\n" + good, "1!bad_row 2:reut-9"},
		"end tag of the text missed":   {"<REUTERS NEWID=\"5\"><TEXT><BODY>x</REUTERS>\n" + good, "1:reut-5 2:reut-9"},
		"first tag without end":        {"<REUTERS NEWID=\"5\"\n" + good, "1!bad_row 2:reut-9"},
		"no line breaks":               {strings.ReplaceAll(good+good, "\n", ""), "1:reut-9 1:reut-9"},
		"line breaks of DOS":           {strings.ReplaceAll(collection, "\n", "\r\n"), "2:reut-1 23:reut-2 36:reut-3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all, err := read(t, strings.NewReader(test.file))
			if err != io.EOF || shown(all) != test.want {
				t.Fatalf("got  %.200s, %v\nwant %s", shown(all), err, test.want)
			}
			if n := len(all); n > 1 && all[n-1].d.ID == "reut-9" && all[n-1].d.Text != "Good." {
				t.Fatalf("the neighbour is %+v", all[n-1].d)
			}
		})
	}
}

func manyTopics(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<D>t%d</D>", i)
	}
	return b.String()
}

func TestCharacters(t *testing.T) {
	tests := map[string]struct{ markup, want string }{
		"entities":           {"&lt;A&gt; &amp; &quot;B&quot; &#67;", `<A> & "B" C`},
		"unknown entities":   {"A&T &B; &#x41; &#; &#99999999; &", "A&T &B; &#x41; &#; &#99999999; &"},
		"entity of entities": {"&amp;lt;", "&lt;"},
		"control characters": {"A\x01&#5;\x7f&#127;B\tC\x00", "AB\tC"},
		"a Latin-1 byte":     {"f\xfcr", "für"},
		"a control byte":     {"f\x80r", "fr"},
		"UTF-8":              {"für", "für"},
		"surrogate":          {"&#55296;", "&#55296;"},
		"signature":          {"A.\n Reuter\n&#3;", "A."},
		"loud signature":     {"A.\n REUTER\n&#3;", "A."},
		"the agency's name":  {"He told Reuters", "He told Reuters"},
		"two signatures":     {"A.\n REUTER\n Reuter", "A.\n REUTER"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all, err := read(t, strings.NewReader(rec("5", "", "<BODY>"+test.markup+"</BODY>")))
			if err != io.EOF || len(all) != 1 || all[0].d.Text != test.want {
				t.Fatalf("got  %+v, %v\nwant %q", all, err, test.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	for written, want := range map[string]string{
		"26-FEB-1987 15:01:01.79": "1987-02-26T15:01:01.79Z", " 3-MAR-1987  10:16:24.19": "1987-03-03T10:16:24.19Z",
		"27-MAR-1987 13:49:54.59E RM": "1987-03-27T13:49:54.59Z", "27-MAR-1987 13:49:54.59&#5;&#5;F": "1987-03-27T13:49:54.59Z",
		" 9-APR-1987 00:00:00.00    # a note": "1987-04-09T00:00:00Z", "31-MAR-1987 605:12:19.12": "1987-03-31T05:12:19.12Z",
		"&#5;&#5;F 26-FEB-1987 15:01:01.79": "1987-02-26T15:01:01.79Z", "26-FEB-1987": "1987-02-26T00:00:00Z", "26-FEB-1987 noon": "1987-02-26T00:00:00Z",
		"26-FEB-1987 25:01:01.79": "1987-02-26T00:00:00Z", "26-FEB-1987 15:01:01": "1987-02-26T15:01:01Z", "26-FEB-1987 15:01:01.123456789": "1987-02-26T15:01:01.123Z",
		"26-feb-1987 15:01:01.79": "1987-02-26T15:01:01.79Z", "": "", " ": "",
	} {
		all, err := read(t, strings.NewReader(rec("5", "<DATE>"+written+"</DATE>", "x")))
		if err != io.EOF || len(all) != 1 {
			t.Fatalf("%q: %+v, %v", written, all, err)
		}
		got := ""
		if !all[0].d.Time.IsZero() {
			got = all[0].d.Time.Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", written, got, want)
		}
	}
	for _, written := range []string{"30-FEB-1987 15:01:01.79", "1987", "FEB", "26-FEB-87 15:01:01.79"} {
		all, _ := read(t, strings.NewReader(rec("5", "<DATE>"+written+"</DATE>", "x")))
		if shown(all) != "1!bad_time" {
			t.Errorf("%q: %s", written, shown(all))
		}
	}
}

func TestLooks(t *testing.T) {
	for head, want := range map[string]bool{
		collection: true, collection[:20]: true, collection[36:]: true, "\ufeff\n" + collection: true, "<REUTERS>": true,
		"": false, "<!DOCTYPE html>\n<REUTERS ": false, "<REUTERSX": false, "<REUTERS": false, "text <REUTERS NEWID": false, "{\"text\":\"<REUTERS \"}": false, "<?xml?><rss": false,
	} {
		if Looks([]byte(head)) != want {
			t.Errorf("%.40q: %v", head, !want)
		}
	}
}

func TestAFileCutOffAnywhere(t *testing.T) {
	whole, _ := read(t, strings.NewReader(collection))
	for n := range collection {
		all, err := read(t, strings.NewReader(collection[:n]))
		if err != io.EOF || len(all) > len(whole) {
			t.Fatalf("cut at %d: %s, %v", n, shown(all), err)
		}
		for i, g := range all {
			if g.reason == "" && fmt.Sprint(g.d) != fmt.Sprint(whole[i].d) || g.reason != "" && i < len(all)-1 {
				t.Fatalf("cut at %d: record %d is %+v", n, i, g)
			}
		}
	}
}

func TestInWhichPiecesAFileComesDoesNotMatter(t *testing.T) {
	file := collection + "oops\n" + collection[100:] + "<REUTERS NEWID=\"7\">" + strings.Repeat("x\n", 1000) + collection
	want, _ := read(t, strings.NewReader(file))
	for name, r := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(strings.NewReader(file)), "halves": iotest.HalfReader(strings.NewReader(file)), "with the end": iotest.DataErrReader(strings.NewReader(file)),
	} {
		all, err := read(t, r)
		if err != io.EOF || fmt.Sprint(all) != fmt.Sprint(want) {
			t.Errorf("%s: %s, %v; want %s", name, shown(all), err, shown(want))
		}
	}
}

func TestAReaderThatFails(t *testing.T) {
	failure := errors.New("the disk is gone")
	all, err := read(t, io.MultiReader(strings.NewReader(collection+"<REUTERS NEWID=\"7\">"), iotest.ErrReader(failure)))
	if err != failure || shown(all) != "2:reut-1 23:reut-2 36:reut-3" {
		t.Fatalf("%s, %v", shown(all), err)
	}
	if _, err := read(t, stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Fatal(err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const fileBytes = 4 * RecordBytesMax
	for name, piece := range map[string]string{"records": collection, "no records": "text\n", "one record": "<REUTERS ", "tags": "<", "long record": "y"} {
		begin := ""
		if name == "long record" {
			begin = "<REUTERS NEWID=\"1\">"
		}
		r := NewReader(io.MultiReader(strings.NewReader(begin), io.LimitReader(&repeated{piece: piece}, fileBytes)))
		for {
			_, _, err := r.Next()
			var bad *tidings.DocumentError
			if err == io.EOF {
				break
			} else if err != nil && !errors.As(err, &bad) {
				t.Fatal(err)
			}
		}
		if cap(r.buffer) > 3*RecordBytesMax {
			t.Errorf("%s: a buffer of %d bytes", name, cap(r.buffer))
		}
	}
}

// repeated is a piece of text without end.
type repeated struct {
	piece string
	at    int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], r.piece[r.at:])
		r.at = (r.at + k) % len(r.piece)
		n += k
	}
	return n, nil
}

func ExampleReader() {
	file := `<REUTERS TOPICS="YES" NEWID="17">
<DATE>26-FEB-1987 15:01:01.79</DATE>
<TOPICS><D>grain</D><D>wheat</D></TOPICS>
<TEXT>&#2;
<TITLE>OLM &lt;OLM> SELLS WHEAT</TITLE>
<DATELINE>OLM, Feb 26 - </DATELINE><BODY>Olm sold wheat.
 Reuter
&#3;</BODY></TEXT>
</REUTERS>`
	d, line, err := NewReader(strings.NewReader(file)).Next()
	fmt.Println(line, d.ID, d.Time.Format(time.RFC3339Nano), d.Labels, err)
	fmt.Printf("%q %q\n", d.Title, d.Text)
	// Output:
	// 1 reut-17 1987-02-26T15:01:01.79Z [grain wheat] <nil>
	// "OLM <OLM> SELLS WHEAT" "Olm sold wheat."
}
