package datasets

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
)

const twoRows = `{"id":"1","label":"a","text":"x"}` + "\n" + `{"id":"2","text":"y"}` + "\n"

func TestOpenSaysWhatItFoundInstead(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"articles.jsonl.gz", "b.csv"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name, content string) string { return write(t, name, content) }
	tests := map[string]struct {
		spec string
		o    Options
		want []string // in the error
	}{
		"missing, a letter off":     {spec: filepath.Join(folder, "artcles.jsonl.gz"), want: []string{"no such file", `did you mean "` + folder + `/articles.jsonl.gz"?`}},
		"missing, suffix forgotten": {spec: filepath.Join(folder, "articles.jsonl"), want: []string{"did you mean", "articles.jsonl.gz"}},
		"missing, nothing near":     {spec: filepath.Join(folder, "zzzzzzzzzz"), want: []string{"zzzzzzzzzz: there is no such file"}},
		"missing folder":            {spec: filepath.Join(folder, "none", "x"), want: []string{"there is no such file"}},
		"an empty folder":           {spec: t.TempDir(), want: []string{"holds no files"}},
		"an empty tar archive":      {spec: file("a.tar", content{}.tar(t)), want: []string{"a.tar", "not text"}},
		"a tar archive of nothing":  {spec: file("a.tar", content{".hidden": "x"}.tar(t)), want: []string{"an archive that holds no files"}},
		"an empty zip archive":      {spec: file("a.zip", content{}.zip(t)), want: []string{"an archive that holds no files"}},
		"a pattern of no file":      {spec: filepath.Join(folder, "c*.jsonl"), want: []string{"c*.jsonl: no file has a name like that"}},
		"a broken pattern":          {spec: filepath.Join(folder, "[a"), want: []string{"no file and no pattern"}},
		"no standard input":         {spec: "-", want: []string{"standard input"}},
		"unknown format":            {spec: file("a", twoRows), o: Options{Format: "josnl"}, want: []string{`format "josnl" is not known`, "csv, jsonl, newsgroups, reuters, text, wikitext"}},
		"unknown field":             {spec: file("a", twoRows), o: Options{Columns: map[string]string{"txt": "b", "id": ""}}, want: []string{`"txt"`, "id, time, label", `"id"`}},
		"UTF-32":                    {spec: file("a.csv", "\xff\xfe\x00\x00i\x00\x00\x00d\x00\x00\x00"), want: []string{"UTF-32", "iconv"}},
		"a JSON array":              {spec: file("a.json", "[\n  {\"id\":\"1\"}]"), want: []string{"one JSON array", "jq -c '.[]'"}},
		"a JSON array in a line":    {spec: file("a.json", `[{"id":"1"},{"id":"2"}]`), want: []string{"one JSON array"}},
		"JSON over lines":           {spec: file("a.json", "{\n  \"id\": \"1\"\n}\n"), want: []string{"spread over lines", "jq -c '.'"}},
		"a zip archive, cut off":    {spec: file("a.zip", "PK\x03\x04abc"), want: []string{"zip archive", "cut off or damaged", "fetch it again"}},
		"a Parquet file":            {spec: file("a", "PAR1\x15\x00"), want: []string{"Parquet"}},
		"bzip2":                     {spec: file("a.bz2", "BZh91AY"), want: []string{"bzip2 -d"}},
		"compressed twice":          {spec: file("a.gz", gzipped(t, gzipped(t, twoRows))), want: []string{"compressed twice"}},
		"a web page":                {spec: file("a.csv", "<!DOCTYPE html>\n<p>sign in, please"), want: []string{"a web page"}},
		"binary":                    {spec: file("a", "\x01\x02\x00\x03,"), want: []string{"not text", "byte 2"}},
		"prose":                     {spec: file("a.txt", "It was a dark and stormy night.\nThe end.\n"), want: []string{"It was a dark", "none of the formats known"}},
		"empty gzip file":           {spec: file("a.jsonl.gz", ""), want: []string{"is empty"}},
		"gzip cut in its header":    {spec: file("a.gz", "\x1f\x8b\x08"), want: []string{"is cut off", "fetch the whole file"}},
		"a zstd window too large": {spec: file("a.zst", zstded(t, strings.Repeat("x", 200<<20)[:130<<20], zstd.WithWindowSize(128<<20))),
			want: []string{"zstd window", "64 MiB", "zstd -d"}},
		"CSV, columns not known":    {spec: file("a.csv", "x,y\n1,2\n"), want: []string{`"x", "y"`, "AG News", "text=3"}},
		"CSV, no text column":       {spec: file("a.csv", "id,label\n1,2\n"), o: Options{Columns: map[string]string{"id": "id"}}, want: []string{"title or a text", `"id", "label"`}},
		"CSV, mapped name missing":  {spec: file("a.csv", "id,label\n1,2\n"), o: Options{Columns: map[string]string{"text": "body"}}, want: []string{`no column is "body"`, `"id", "label"`}},
		"CSV, number out of range":  {spec: file("a.csv", "id,label\n1,2\n"), o: Options{Columns: map[string]string{"text": "3"}}, want: []string{`no column is "3"`}},
		"CSV, several labels":       {spec: file("a.csv", "id,text\n1,2\n"), o: Options{Columns: map[string]string{"labels": "3"}}, want: []string{"one label"}},
		"CSV, only broken rows":     {spec: file("a.csv", "\"x\"y,2\n\"x\"y,2\n"), want: []string{":1:", "closing quote", "columns are not known"}},
		"no folder for a temporary": {spec: file("a", twoRows), o: Options{Shuffle: new(uint64), TempDir: filepath.Join(folder, "none")}, want: []string{"temporary files", "another folder"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, rows, err := readAll(t, tt.spec, tt.o)
			if err == nil {
				t.Fatalf("no error, %d rows", len(rows))
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q does not say %q", err, want)
				}
			}
			if len(err.Error()) > 600 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestOpenTellsFormatAndCompressionFromTheContent(t *testing.T) {
	const csvRows = "id,label,text\n1,a,x\n2,,y\n"
	tests := map[string]struct{ name, content, format, compression string }{
		"JSON lines":                {"a.csv", twoRows, "jsonl", ""},
		"JSON lines, gzip":          {"a", gzipped(t, twoRows), "jsonl", "gzip"},
		"JSON lines, gzip, members": {"a", gzipped(t, twoRows[:40]) + gzipped(t, twoRows[40:]), "jsonl", "gzip"},
		"JSON lines, zstd":          {"a.gz", zstded(t, twoRows), "jsonl", "zstd"},
		"JSON lines, zstd, frames":  {"a", zstded(t, twoRows[:40]) + zstded(t, twoRows[40:]), "jsonl", "zstd"},
		"byte order mark":           {"a", "\ufeff" + twoRows, "jsonl", ""},
		"blank lines":               {"a", "\n \r\n" + strings.ReplaceAll(twoRows, "\n", "\n\t\n\r\n"), "jsonl", ""},
		"no last newline":           {"a", strings.TrimSuffix(twoRows, "\n"), "jsonl", ""},
		"carriage returns":          {"a", strings.ReplaceAll(twoRows, "\n", "\r\n"), "jsonl", ""},
		"CSV":                       {"a.jsonl", csvRows, "csv", ""},
		"CSV, zstd":                 {"a", zstded(t, csvRows), "csv", "zstd"},
		"CSV, byte order mark":      {"a", "\ufeff" + csvRows, "csv", ""},
		"CSV with tabs":             {"a", strings.ReplaceAll(csvRows, ",", "\t"), "csv", ""},
		"CSV with semicolons":       {"a", strings.ReplaceAll(csvRows, ",", ";"), "csv", ""},
		"CSV, no last newline":      {"a", strings.TrimSuffix(csvRows, "\n"), "csv", ""},
		"CSV, blank lines":          {"a", strings.ReplaceAll(csvRows, "\n", "\n\r\n\n"), "csv", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			source, rows := mustRead(t, write(t, tt.name, tt.content), Options{})
			if got := texts(rows); got != "1=x 2=y" || rows[0].Document.Label != "a" || rows[1].Document.Label != "" {
				t.Errorf("rows are %s", got)
			}
			if source.Format != tt.format || source.Compression != tt.compression || !source.Resumable {
				t.Errorf("source is %+v", source)
			}
		})
	}
}

func TestAnEmptyFileHasNoRows(t *testing.T) {
	for name, content := range map[string]string{"a": "", "b": "\n\n", "c": "\ufeff", "d": gzipped(t, ""), "e": "id,text\n", "f": zstded(t, "")} {
		if _, rows := mustRead(t, write(t, name, content), Options{}); len(rows) != 0 {
			t.Errorf("%q has %d rows", content, len(rows))
		}
	}
	if _, rows := mustRead(t, "-", Options{Stdin: strings.NewReader("")}); len(rows) != 0 {
		t.Errorf("standard input has %d rows", len(rows))
	}
}

func TestABrokenFirstLineDoesNotChangeTheFormat(t *testing.T) {
	_, rows := mustRead(t, write(t, "a", "oops, not JSON\n"+twoRows), Options{})
	if got := texts(rows); got != "!not_json 1=x 2=y" {
		t.Error(got)
	}
	_, rows = mustRead(t, write(t, "a", "oops, not JSON\n"+twoRows[:30]), Options{Format: "jsonl"})
	if got := texts(rows); got != "!not_json !not_json" {
		t.Error(got)
	}
}

// The name of a source:
//
//   - consists of letters, digits, "_" and "-";
//   - is the same when the file is opened again, or is compressed;
//   - differs when the rows or their order may differ.
func TestSourceName(t *testing.T) {
	seed := func(s uint64) *uint64 { return &s }
	folder := t.TempDir()
	name := func(file, content string, o Options) string {
		path := filepath.Join(folder, file)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		source, _ := mustRead(t, path, o)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(source.Name) {
			t.Errorf("%q is called %q", file, source.Name)
		}
		return source.Name
	}
	first := name("articles.jsonl", twoRows, Options{})
	if !regexp.MustCompile(`^articles-[0-9a-f]{8}$`).MatchString(first) {
		t.Errorf("articles.jsonl is called %q", first)
	}
	for what, same := range map[string]string{
		"again":    name("articles.jsonl", twoRows, Options{}),
		"gzip":     name("articles.jsonl.gz", gzipped(t, twoRows), Options{}),
		"a limit":  name("articles.jsonl", twoRows, Options{Limit: 1}),
		"a folder": name("articles.jsonl", twoRows, Options{TempDir: folder}),
	} {
		if same != first {
			t.Errorf("%s changes the name from %s to %s", what, first, same)
		}
	}
	names := map[string]string{first: "first"}
	for what, other := range map[string]string{
		"other rows":      name("articles.jsonl", strings.Replace(twoRows, "x", "z", 1), Options{}),
		"shuffled":        name("articles.jsonl", twoRows, Options{Shuffle: seed(0)}),
		"another seed":    name("articles.jsonl", twoRows, Options{Shuffle: seed(1)}),
		"columns":         name("articles.jsonl", twoRows, Options{Columns: map[string]string{"title": "label"}}),
		"classes":         name("articles.jsonl", strings.Replace(twoRows, `"a"`, "1", 1), Options{Classes: []string{"one"}}),
		"a name to clean": name("täglich 2020 .news*.jsonl", twoRows, Options{}),
		"a long name":     name(strings.Repeat("n", 200), twoRows, Options{}),
		"nothing left":    name("ä.gz", twoRows, Options{}),
	} {
		if names[other] != "" {
			t.Errorf("%s has the name of %s: %s", what, names[other], other)
		}
		names[other] = what
	}
	for _, before := range []string{twoRows, strings.Repeat(twoRows, 3000)} {
		if a, b := name("l", before, Options{}), name("l", before+twoRows, Options{}); a != b {
			t.Errorf("a file of %d bytes that grew has another name", len(before))
		}
	}
	csv := "id,title\n1,one\n"
	if a, b := name("c", csv, Options{}), name("c", csv+"2,two\n", Options{}); a != b {
		t.Error("a CSV that grew has another name")
	}
	if a, b := name("c", csv, Options{}), name("c", strings.Replace(csv, "one", "two", 1), Options{}); a == b {
		t.Error("CSVs of one header and other rows have the same name")
	}
	long := strings.Repeat(twoRows, 3000)
	if a, b := name("l", long, Options{Shuffle: seed(1)}), name("l", long+twoRows, Options{Shuffle: seed(1)}); a == b {
		t.Error("a shuffled file that grew, and has another order, has the same name")
	}
}

// TestPipeDeliversEachLineAtOnce writes a line only after the one before it
// was delivered: a reader that wants more before it gives any would hang.
func TestPipeDeliversEachLineAtOnce(t *testing.T) {
	for format, line := range map[string]func(i int) string{
		"jsonl": func(i int) string { return fmt.Sprintf("{\"id\":\"%d\",\"text\":\"x\"}\n", i) },
		"csv":   func(i int) string { return fmt.Sprintf("%d,head %d,text\n", i, i) },
	} {
		t.Run(format, func(t *testing.T) {
			from, to := io.Pipe()
			asked := make(chan bool)
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer to.Close()
				for i := 1; <-asked; i++ {
					fmt.Fprint(to, line(i))
				}
			}()
			asked <- true
			source, r, err := Open("-", Options{Stdin: from})
			if err != nil {
				t.Fatal(err)
			}
			if source.Resumable || source.Format != format || !strings.HasPrefix(source.Name, "stdin-") {
				t.Errorf("source is %+v", source)
			}
			for i := 1; i <= 4; i++ {
				if i > 1 {
					asked <- true
				}
				if row, err := r.Next(); err != nil || row.Err != nil || row.Number != uint64(i) {
					t.Fatalf("row %d is %+v, %v", i, row, err)
				}
			}
			asked <- false
			if _, err := r.Next(); err != io.EOF {
				t.Errorf("the end is %v", err)
			}
			<-done
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLimitEndsTheSource(t *testing.T) {
	path := write(t, "a", twoRows+"oops\n"+twoRows)
	for limit, want := range map[uint64]int{0: 5, 1: 1, 3: 3, 5: 5, 9: 5} {
		if _, rows := mustRead(t, path, Options{Limit: limit}); len(rows) != want {
			t.Errorf("limit %d gives %d rows", limit, len(rows))
		}
	}
}

func TestNextAfterCloseIsAnError(t *testing.T) {
	_, r, err := Open(write(t, "a", twoRows), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Next(); err == nil || err == io.EOF {
		t.Errorf("got %v", err)
	}
}

// A compressed file that is cut off at any byte delivers rows that are the
// beginning of its rows, and then an error that says so: no half row, no
// silent end.
func TestCutOffFilesDeliverAPrefixAndAnError(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var jsonRows, csvRows bytes.Buffer
	for i := range 30 {
		word := fmt.Sprintf("%x", random.Uint64())
		fmt.Fprintf(&jsonRows, "{\"id\":\"%d\",\"text\":\"%s\"}\n", i, word)
		fmt.Fprintf(&csvRows, "%d,%s,\"two\nlines, %s\"\n", i%4+1, word, word)
	}
	for name, whole := range map[string]string{
		"jsonl.gz":  gzipped(t, jsonRows.String()),
		"csv.gz":    gzipped(t, csvRows.String()),
		"jsonl.zst": zstded(t, jsonRows.String()),
		"csv.zst":   zstded(t, csvRows.String()),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "a."+name)
			read := func(content string, o Options) ([]Row, error) {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				_, rows, err := readAll(t, path, o)
				checkRows(t, rows)
				for i := range rows { // generated ids have the name in them, which is of the content
					_, rows[i].Document.ID, _ = strings.Cut(rows[i].Document.ID, ":")
				}
				return rows, err
			}
			want, err := read(whole, Options{})
			if err != nil || len(want) != 30 {
				t.Fatalf("the whole file has %d rows, %v", len(want), err)
			}
			for cut := range len(whole) {
				got, err := read(whole[:cut], Options{})
				if err == nil || !strings.Contains(err.Error(), path) {
					t.Fatalf("cut at %d of %d: error %v", cut, len(whole), err)
				}
				if cut > 20 && !strings.Contains(err.Error(), "cut off") {
					t.Fatalf("cut at %d of %d: error %v", cut, len(whole), err)
				}
				if d := cmp.Diff(want[:len(got)], got, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("cut at %d: %s", cut, d)
				}
				if cut%50 == 0 {
					seed := uint64(cut)
					shuffled, err := read(whole[:cut], Options{Shuffle: &seed})
					if err == nil || len(shuffled) != len(got) {
						t.Fatalf("cut at %d, shuffled: %d rows for %d, error %v", cut, len(shuffled), len(got), err)
					}
				}
			}
		})
	}
}

func TestADamagedFileSaysWhatIsLost(t *testing.T) {
	whole := []byte(gzipped(t, strings.Repeat(twoRows, 100)))
	whole[len(whole)-6] ^= 1 // in the checksum
	_, rows, err := readAll(t, write(t, "a.gz", string(whole)), Options{})
	if len(rows) != 200 || err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "lost") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
