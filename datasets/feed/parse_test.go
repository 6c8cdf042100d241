package feed

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"tidings"
)

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

var now = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// Properties: each kind of feed gives the same documents: id, time, title, text.
func TestKindsOfFeeds(t *testing.T) {
	published := time.Date(2024, 4, 30, 8, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		feed string
		want tidings.Document
	}{
		"RSS 2": {
			`<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><guid>https://example.org/1</guid><title>A &amp;amp; B</title><description>short</description><content:encoded><![CDATA[<p>The <b>whole</b> text.</p><img src="x">]]></content:encoded><pubDate>Tue, 30 Apr 2024 10:00:00 +0200</pubDate></item></channel></rss>`,
			tidings.Document{ID: "https://example.org/1", Title: "A & B", Text: "The whole text.", Time: published},
		},
		"RSS 1": {
			`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>x</title></channel><item rdf:about="https://example.org/1"><title>A</title><link>https://example.org/1</link><description>text</description><dc:date>2024-04-30T08:00:00Z</dc:date></item></rdf:RDF>`,
			tidings.Document{ID: "https://example.org/1", Title: "A", Text: "text", Time: published},
		},
		"RSS .91": {
			`<rss version="0.91"><channel><item><title>A</title><link>https://example.org/1</link><description>text</description></item></channel></rss>`,
			tidings.Document{ID: "https://example.org/1", Title: "A", Text: "text", Time: now},
		},
		"Atom": {
			`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:uuid:1</id><title type="html">A &amp;lt; B</title><updated>2024-04-30T08:00:00Z</updated><content type="html">&lt;p&gt;One&lt;/p&gt;&lt;p&gt;two</content></entry></feed>`,
			tidings.Document{ID: "urn:uuid:1", Title: "A < B", Text: "One\ntwo", Time: published},
		},
		"Atom, XHTML": {
			`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>tag:a,2024:1</id><title>A</title><published>2024-04-30T08:00:00Z</published><updated>2024-05-01T08:00:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><script>no</script></div></content></entry></feed>`,
			tidings.Document{ID: "tag:a,2024:1", Title: "A", Text: "One", Time: published},
		},
		"Atom, plain": {
			`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>7</id><title>A</title><updated>2024-04-30T08:00:00Z</updated><content type="text">a &lt;b&gt; c</content></entry></feed>`,
			tidings.Document{ID: "http://f/#7", Title: "A", Text: "a <b> c", Time: published},
		},
		"JSON Feed": {
			`{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"7","title":"A","content_html":"<p>One</p>","date_published":"2024-04-30T10:00:00+02:00"}]}`,
			tidings.Document{ID: "http://f/#7", Title: "A", Text: "One", Time: published},
		},
		"JSON Feed, plain": {
			`{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"7","content_text":"a <b> c","date_modified":"2024-04-30T10:00:00+02:00"}]}`,
			tidings.Document{ID: "http://f/#7", Text: "a <b> c", Time: published},
		},
		"a time to come": {
			`<rss version="2.0"><channel><item><guid>x</guid><title>A</title><pubDate>Fri, 30 Apr 2027 10:00:00 +0200</pubDate></item></channel></rss>`,
			tidings.Document{ID: "http://f/#x", Title: "A", Time: now},
		},
		"a time that is none": {
			`<rss version="2.0"><channel><item><guid>x</guid><title>A</title><pubDate>yesterday</pubDate></item></channel></rss>`,
			tidings.Document{ID: "http://f/#x", Title: "A", Time: now},
		},
		"no guid, a link that is none": {
			`<rss version="2.0"><channel><item><title>A</title><link>/a</link></item></channel></rss>`,
			tidings.Document{ID: "http://f/#/a", Title: "A", Time: now},
		},
	}
	for name, tt := range tests {
		items, err := parse([]byte(tt.feed), "", "http://f/")
		if err != nil || len(items) != 1 {
			t.Errorf("%s: %d items, %v", name, len(items), err)
			continue
		}
		got := items[0].document("http://f/", false, now)
		if got.ID != tt.want.ID || got.Title != tt.want.Title || got.Text != tt.want.Text || !got.Time.Equal(tt.want.Time) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, tt.want)
		}
	}
}

// Properties: text comes right in each encoding, whatever the feed and the
// server say of it, as far as it can be known.
func TestEncodings(t *testing.T) {
	const title = "Zürich — Ærø"
	feed := func(encoding, title string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?><rss version="2.0"><channel><item><guid>x</guid><title>` + title + `</title></item></channel></rss>`
	}
	cp1252, err1 := charmap.Windows1252.NewEncoder().String(feed("windows-1252", title))
	utf16, err2 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(feed("utf-16", title))
	utf16be, err3 := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(feed("utf-16", title))
	jp, err4 := japanese.ISO2022JP.NewEncoder().String(feed("iso-2022-jp", "東京"))
	koi8, err5 := charmap.KOI8R.NewEncoder().String(feed("koi8-r", "Москва"))
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct{ feed, contentType, want string }{
		"UTF-8":                          {feed("utf-8", title), "", title},
		"UTF-8 with a mark":              {"\ufeff" + feed("utf-8", title), "", title},
		"UTF-8 that says Latin-1":        {feed("iso-8859-1", title), "text/xml; charset=iso-8859-1", title},
		"windows-1252":                   {cp1252, "", title},
		"windows-1252 that says UTF-8":   {strings.Replace(cp1252, "windows-1252", "utf-8", 1), "text/xml; charset=windows-1252", title},
		"windows-1252 that says nothing": {strings.Replace(cp1252, ` encoding="windows-1252"`, "", 1), "text/xml", title},
		"UTF-16 with a mark":             {utf16, "text/xml; charset=utf-8", title},
		"UTF-16 without a mark":          {utf16be, "", title},
		"ISO-2022-JP":                    {jp, "", "東京"},
		"KOI8-R":                         {koi8, "", "Москва"},
		"KOI8-R by the server":           {strings.Replace(koi8, "koi8-r", "nosuch", 1), "application/xml; charset=koi8-r", "Москва"},
		"UTF-8 with a bad byte":          {feed("utf-8", title+"\xff"), "", title + "\ufffd"},
		"control characters":             {feed("utf-8", "a\x00b\x0bc"), "", "a b c"},
	} {
		items, err := parse([]byte(tt.feed), tt.contentType, "http://f/")
		if err != nil || len(items) != 1 {
			t.Errorf("%s: %d items, %v", name, len(items), err)
			continue
		}
		if got := items[0].document("f", false, now).Title; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// Properties: whatever comes, parsing ends with items or an error; each item is a
// document with an id that can be written down, and with valid text.
func FuzzParse(f *testing.F) {
	f.Add([]byte(feedOf("a", "b")), "text/xml")
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>7</id><title>A</title><link href="x"/><content type="xhtml"><div>x</div></content></entry></feed>`), "")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","content_text":"x","tags":["a"]}]}`), "")
	f.Add([]byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item rdf:about="x"><title>A</title></item></rdf:RDF>`), "x; charset=koi8-r")
	f.Add([]byte("<rss><channel><item><title><![CDATA[<p>]]></title><a:b xmlns:a='c'><a:d/></a:b></item></channel></rss>"), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		items, err := parse(body, contentType, "http://example.org/")
		if err != nil {
			if items != nil || strings.Contains(err.Error(), "breaks the parser") {
				t.Errorf("%v", err)
			}
			return
		}
		for i := range items {
			d := items[i].document("http://f/", true, now)
			if d.Title == "" && d.Text == "" {
				d.Title = "x" // that is refused at the door
			}
			if len(d.Title)+len(d.Text) > tidings.TextBytesMax {
				continue
			}
			if err := d.Check(); err != nil || d.Time.After(now) || d.Time.IsZero() || !utf8.ValidString(d.ID) {
				t.Errorf("%+v: %v", d, err)
			}
		}
		sortByTime(items)
	})
}

// Properties: OPML and lists of addresses give the addresses in their order;
// what is wrong is told with its line; entities are not expanded.
func TestLists(t *testing.T) {
	opml := `<?xml version="1.0"?><opml version="2.0"><body><outline text="News">` + "\n" +
		`<outline xmlUrl="https://a.example/rss" text="A &amp; B"/><outline XMLURL=" http://b.example/ "/></outline><outline text="none"/></body></opml>`
	tests := map[string]struct{ text, want, err string }{
		"OPML":              {text: opml, want: "https://a.example/rss http://b.example/"},
		"OPML with a mark":  {text: "\ufeff" + opml, want: "https://a.example/rss http://b.example/"},
		"lines":             {text: "# mine\n\nhttps://a.example/rss\r\n  http://b.example/  \n", want: "https://a.example/rss http://b.example/"},
		"no feed":           {text: "# nothing\n", err: "names no feed"},
		"OPML without":      {text: `<opml><body/></opml>`, err: "names no feed"},
		"a line of text":    {text: "https://a.example/rss\nhello\n", err: `list:2: "hello" is no feed's address`},
		"a file's address":  {text: "file:///etc/passwd\n", err: "list:1: "},
		"OPML of a file":    {text: "<opml>\n<outline xmlUrl='file:///etc/passwd'/></opml>", err: "list:2: "},
		"broken OPML":       {text: "<opml>\n<outline>\n</opml>", err: "list:3: it is no valid OPML"},
		"external entity":   {text: `<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><outline xmlUrl="http://a/&x;"/></opml>`, err: "no valid OPML"},
		"deep":              {text: "<opml>" + strings.Repeat("<outline>", 1000), err: "more than 64 outlines inside each other"},
		"too many":          {text: strings.Repeat("http://a.example/\n", FeedsMax+1), err: "more than 1000 feeds"},
		"too many outlines": {text: "<opml>" + strings.Repeat("<outline xmlUrl='http://a.example/'/>", FeedsMax+1), err: "more than 1000 feeds"},
		"a long line":       {text: "http://" + strings.Repeat("x", 100<<10), err: "too long"},
		"too big":           {text: strings.Repeat("#", ListBytesMax+1), err: "more than 8 MiB"},
		"credentials":       {text: "ftp://me:secret@host/", err: `"ftp://host/" is no feed's address`},
	}
	for name, tt := range tests {
		path := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		urls, err := ReadList(path)
		if got := strings.Join(urls, " "); tt.err == "" && (err != nil || got != tt.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: %v, want %q", name, err, tt.err)
		}
		if tt.want != "" && !IsList([]byte(tt.text)) {
			t.Errorf("%s: not known as a list", name)
		}
	}
	if _, err := ReadList(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a list that is not there was read")
	}
	for _, other := range []string{"", "# comment\n", `{"id":"http://a"}`, "id,title\nhttp://a,b\n", "http://a,the title of it\n", "<html>", "<rss>", "http://a\nno\n"} {
		if IsList([]byte(other)) {
			t.Errorf("%q is taken for a list of feeds", other)
		}
	}
}

// Properties: items come oldest first; where times are missing, feeds' own order
// from the end; the newest are kept where there are too many.
func TestOrderOfItems(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2024, 1, 1, hour, 0, 0, 0, time.UTC) }
	order := func(items []item) (s string) {
		for _, m := range items {
			s += m.guid
		}
		return s
	}
	for want, items := range map[string][]item{
		"cba": {{guid: "a", time: at(3)}, {guid: "b", time: at(2)}, {guid: "c", time: at(1)}},
		"abc": {{guid: "a", time: at(1)}, {guid: "b", time: at(2)}, {guid: "c", time: at(3)}},
		"zyx": {{guid: "x"}, {guid: "y"}, {guid: "z"}},
		"qnp": {{guid: "p", time: at(4)}, {guid: "n"}, {guid: "q", time: at(1)}},
	} {
		for i := range items {
			items[i].place = i + 1
		}
		if sortByTime(items); order(items) != want {
			t.Errorf("%s, want %s", order(items), want)
		}
	}
	if got := order(newest([]item{{guid: "a", time: at(1), place: 1}, {guid: "b", time: at(3), place: 2}, {guid: "c", time: at(2), place: 3}}, 2)); got != "bc" {
		t.Errorf("the newest are %s", got)
	}
}

func BenchmarkParse(b *testing.B) {
	guids := make([]string, 100)
	for i := range guids {
		guids[i] = strings.Repeat("x", i)
	}
	text := []byte(feedOf(guids...))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(text, "", ""); err != nil {
			b.Fatal(err)
		}
	}
}

// Properties: whatever a list holds, reading it ends with addresses of the web or
// an error that names the file.
func FuzzLists(f *testing.F) {
	f.Add([]byte("# mine\nhttps://a.example/rss\n"))
	f.Add([]byte(`<opml version="2.0"><body><outline xmlUrl="https://a.example/rss"/></body></opml>`))
	f.Add([]byte(`<!DOCTYPE o [<!ENTITY x "y">]><opml><outline xmlurl="http://&x;"/></opml>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_ = IsList(text)
		for name, read := range map[string]func(string, []byte) ([]string, error){"lines": parseLines, "OPML": parseOPML} {
			urls, err := read("the-list", text)
			if err != nil && !strings.HasPrefix(err.Error(), "the-list") {
				t.Errorf("%s: %v", name, err)
			}
			for _, u := range urls {
				if !web(u) || len(urls) > FeedsMax {
					t.Errorf("%s: %q of %d", name, u, len(urls))
				}
			}
		}
	})
}
