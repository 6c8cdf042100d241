package catalogue

import (
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Properties of the table: names are sorted, unique and fit for a command line;
// whoever reads an entry learns what it is, its terms and whom to cite;
// addresses are addresses, checksums are sha256 and have a source; parts are
// parts of the files, and add up.
func TestTheTable(t *testing.T) {
	entries := Entries()
	if !slices.IsSortedFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the names are not sorted")
	}
	for _, e := range entries {
		if found, err := Find(e.Name); err != nil || found.Name != e.Name || !Is(e.Name) || !Is(e.Name+":x") || Is("./"+e.Name) {
			t.Errorf("%s is not found: %v", e.Name, err)
		}
		for what, text := range map[string]string{"title": e.Title, "about": e.About, "language": e.Language, "terms": e.Terms, "cite": e.Cite} {
			if text == "" || !utf8.ValidString(text) {
				t.Errorf("%s: the %s is %q", e.Name, what, text)
			}
		}
		for _, address := range []string{e.TermsURL, e.Home} {
			checkURL(t, address)
		}
		for _, f := range e.Files {
			if f.Size() == 0 || f.Source == "" || filepath.Base(f.Name) != f.Name || len(f.URLs) == 0 {
				t.Errorf("%s: %+v", e.Name, f)
			}
			if sum, err := hex.DecodeString(f.SHA256); err != nil || f.SHA256 != "" && (len(sum) != 32 || f.Bytes == 0) {
				t.Errorf("%s: the checksum of %s is %q", e.Name, f.Name, f.SHA256)
			}
			for _, address := range f.URLs {
				checkURL(t, address)
			}
		}
		checkParts(t, e)
	}
}

func checkParts(t *testing.T, e Entry) {
	t.Helper()
	if len(e.Parts) == 0 {
		return
	}
	sum := uint64(0)
	for _, p := range e.Parts {
		sum += p.Documents
		if !slices.ContainsFunc(e.Files, func(f File) bool { return f.Name == p.File }) {
			t.Errorf("%s:%s is in no file", e.Name, p.Name)
		}
	}
	if sum != e.Documents {
		t.Errorf("%s has %d documents, its parts %d", e.Name, e.Documents, sum)
	}
}

func checkURL(t *testing.T, address string) {
	t.Helper()
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		t.Errorf("%q is no address", address)
	}
}

func TestANameThatIsMisspelt(t *testing.T) {
	for name, want := range map[string]string{
		"agnews": "ag-news", "AG_News": "ag-news", "ag-nwes": "ag-news", "20newsgroup": "20-newsgroups", "newsgroups": "20-newsgroups",
		"reuters": "reuters-21578", "reuters21578": "reuters-21578", "lenta": "lenta-ru", "wikipedia": "wikipedia-current-events",
		"imagenet": "", "": "",
	} {
		_, err := Find(name)
		switch {
		case err == nil:
			t.Errorf("%q was found", name)
		case want != "" && !strings.Contains(err.Error(), `did you mean "`+want+`"?`):
			t.Errorf("%q: %v, want %s", name, err, want)
		case want == "" && strings.Contains(err.Error(), "did you mean"):
			t.Errorf("%q: %v", name, err)
		case !strings.Contains(err.Error(), "there are 20-newsgroups, ag-news, lenta-ru, reuters-21578 and wikipedia-current-events"):
			t.Errorf("%q: %v does not list what there is", name, err)
		}
	}
}

// Properties, of what --from names:
//   - files that are there are found, all or those of the part, in order;
//   - files that are not there are told of with the command, the address, the
//     path and the checksum; a damaged one is not read, one that is half there
//     neither.
func TestWhatASpecNames(t *testing.T) {
	c := Cache{t.TempDir()}
	ctx := t.Context()
	for spec, want := range map[string]string{
		"ag-news":           "ingest datasets fetch ag-news",
		"ag-news:test":      "as    " + filepath.Join(c.Dir, "ag-news", "test.csv") + "\n    check 1857427 bytes, sha256 521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
		"ag-news:tset":      "ag-news has no part \"tset\": write ag-news:train or ag-news:test, or ag-news for all of it",
		"lenta-ru":          "about 502 MiB; no checksum is published: that of the first download is kept",
		"lenta-ru:test":     "lenta-ru has no parts",
		"reuters-21578":     "get   https://kdd.ics.uci.edu/databases/reuters21578/reuters21578.tar.gz\n    or    https://",
		"current-events":    "write current-events:2024-01-01..2024-03-31",
		"20-newsgroups:all": "20-newsgroups:train or 20-newsgroups:test",
	} {
		if _, err := c.Resolve(ctx, spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nhas no %q", spec, err, want)
		}
	}
	place(t, c, "ag-news", "test.csv", 1000)
	if _, err := c.Resolve(ctx, "ag-news:test"); err == nil || !strings.Contains(err.Error(), "has 1000 bytes where 1857427 are expected") {
		t.Errorf("cut off: %v", err)
	}
	place(t, c, "ag-news", "test.csv", 1_857_427)
	if _, err := c.Resolve(ctx, "ag-news:test"); err == nil || !strings.Contains(err.Error(), "is not the file that is expected: its sha256 is") {
		t.Errorf("something else: %v", err)
	}
	place(t, c, "ag-news", "train.csv.part", 2048)
	if _, err := c.Resolve(ctx, "ag-news:train"); err == nil || !strings.Contains(err.Error(), "of train.csv only the first 2.0 KiB are there") {
		t.Errorf("begun: %v", err)
	}
	path := place(t, c, "lenta-ru", "lenta-ru-news.csv.gz", 10)
	s, err := c.Resolve(ctx, "lenta-ru")
	if err != nil || len(s.Paths) != 1 || s.Paths[0] != path || s.Documents != 739_351 {
		t.Errorf("placed by hand: %+v, %v", s, err)
	}
	if _, err := readSum(path); err != nil {
		t.Errorf("its checksum is not kept: %v", err)
	}
	archive := place(t, c, "20-newsgroups", "20news-bydate.tar.gz", 14_464_277)
	write(t, archive+sumSuffix, []byte("8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610  20news-bydate.tar.gz\n"))
	s, err = c.Resolve(ctx, "20-newsgroups:test")
	if err != nil || s.Folder != "20news-bydate-test" || s.Documents != 7532 {
		t.Errorf("a part of an archive: %+v, %v", s, err)
	}
}

// place puts a file of so many zeros into the cache.
func place(t *testing.T, c Cache, entry, name string, size int64) string {
	t.Helper()
	path := filepath.Join(c.Dir, entry, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 14_464_277: "14 MiB", 502 << 20: "502 MiB", 8 << 30: "8.0 GiB"} {
		if got := Size(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}

// Properties: what is read back from a header is what a server would have
// meant; nothing else is taken for one.
func TestContentRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(0, 1<<40).Draw(t, "first")
		last := first + rapid.Int64Range(0, 1<<40).Draw(t, "length-1")
		total := last + 1 + rapid.Int64Range(0, 1<<40).Draw(t, "rest")
		header := "bytes " + format(first) + "-" + format(last) + "/" + format(total)
		if f, n, err := contentRange(header); err != nil || f != first || n != total {
			t.Fatalf("%s: %d, %d, %v", header, f, n, err)
		}
	})
	for header, want := range map[string]int64{"bytes 5-9/10": 5, " bytes 5-9/* ": 5} {
		if first, _, err := contentRange(header); err != nil || first != want {
			t.Errorf("%q: %d, %v", header, first, err)
		}
	}
	for _, bad := range []string{"", "bytes", "bytes 5-9", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "bytes -5-9/10", "bytes +5-9/10", "5-9/10", "bytes 5-9/99999999999999999999", "bytes 0x5-9/10"} {
		if first, total, err := contentRange(bad); err == nil {
			t.Errorf("%q is %d of %d", bad, first, total)
		}
	}
}

func format(n int64) string { return strconv.FormatInt(n, 10) }

func FuzzContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-0/1", "bytes 5-9/*", "bytes */10", "bytes 9-5/10", "items 0-1/2", "bytes 0-9223372036854775807/9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		first, total, err := contentRange(header)
		if err == nil && (first < 0 || total < 0 || total > 0 && first >= total) {
			t.Errorf("%q: first %d of %d", header, first, total)
		}
	})
}

func FuzzChecksum(f *testing.F) {
	f.Add(strings.Repeat("0f", 32) + "  name\n")
	f.Add("not a sum")
	f.Fuzz(func(t *testing.T, text string) {
		sum, err := parseSum(text)
		if again, err2 := parseSum(sum); err == nil && (err2 != nil || again != sum) {
			t.Errorf("%q: %q, then %q", text, sum, again)
		}
	})
}

func FuzzNote(f *testing.F) {
	f.Add([]byte(`{"url":"http://a/","etag":"\"x\"","bytes":5}`))
	f.Add([]byte(`{"bytes":-1}`))
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path+noteSuffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if n := readNote(path); n.Bytes < 0 || strings.HasPrefix(n.validator(), "W/") {
			t.Errorf("%+v", n)
		}
	})
}

func FuzzSpec(f *testing.F) {
	for _, seed := range []string{"ag-news:test", "current-events", "agnews", ":", "ag-news:", "20-newsgroups:../../etc"} {
		f.Add(seed)
	}
	c := Cache{f.TempDir()}
	f.Fuzz(func(t *testing.T, spec string) {
		if _, err := c.Resolve(t.Context(), spec); err == nil {
			t.Errorf("%q is in an empty cache", spec)
		} else if !Is(spec) && !strings.Contains(err.Error(), "there are 20-newsgroups") {
			t.Errorf("%q: %v", spec, err)
		}
	})
}
