package datasets

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

// content is the files of a folder or an archive, by their names.
type content map[string]string

func (c content) names() []string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// folder writes the files and returns the folder.
func (c content) folder(t testing.TB) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "corpus")
	for _, name := range append(c.names(), "") {
		path := filepath.Join(folder, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil && name != "" {
			err = os.WriteFile(path, []byte(c[name]), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func (c content) tar(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range c.names() {
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(c[name]))})
		if err == nil {
			_, err = io.WriteString(w, c[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (c content) zip(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range c.names() {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, c[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func utf16(t testing.TB, text string) string {
	t.Helper()
	encoded, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// told is how rows read: "file:line id/label title: text" or what is wrong.
func told(rows []Row, folder string) []string {
	var all []string
	for _, row := range rows {
		file := strings.TrimPrefix(strings.TrimPrefix(row.File, folder), "/")
		if row.Err != nil {
			all = append(all, strings.ReplaceAll(row.Err.Error(), folder+"/", ""))
			continue
		}
		d := row.Document
		all = append(all, fmt.Sprintf("%s:%d %s/%s %s: %s", file, row.Line, d.ID, d.Label, d.Title, d.Text))
	}
	return all
}

// The same files give the same documents, in the same order, whether they lie
// in a folder, in an archive of any kind, or are listed.
func TestFilesAreOneSourceInAnyContainer(t *testing.T) {
	files := content{
		"politics/1.txt": "A treaty\n\nMinisters sign, at last, the treaty.\n", "politics/deep/2": "No title, here.",
		"rows.jsonl": twoRows, "sport/3.txt": "A goal, late.\r\nAnd a cup.", "table.csv.gz": gzipped(t, "id,title,label\n7,Seven,n\n8,Eight,n\n"),
		"wide.jsonl": utf16(t, `{"id":"9","text":"wide ä"}`+"\n"),
		".hidden":    "no", "__MACOSX/sport/3.txt": "no", "sport/.DS_Store": "\x00\x01", "README.md": "no",
	}
	folder := files.folder(t)
	tarred, zipped := files.tar(t), files.zip(t)
	want := []string{
		"politics/1.txt:1 politics/1.txt/politics A treaty: Ministers sign, at last, the treaty.",
		"politics/deep/2:1 politics/deep/2/deep : No title, here.",
		"rows.jsonl:1 1/a : x", "rows.jsonl:2 2/ : y",
		"sport/3.txt:1 sport/3.txt/sport : A goal, late.\nAnd a cup.",
		"table.csv.gz:2 7/n Seven: ", "table.csv.gz:3 8/n Eight: ",
		"wide.jsonl:1 9/ : wide ä",
	}
	tests := map[string]string{
		"a folder": folder, "tar": write(t, "corpus.tar", tarred), "tar.gz": write(t, "corpus.tar.gz", gzipped(t, tarred)), "tar.zst": write(t, "corpus", zstded(t, tarred)),
		"tar by another name": write(t, "corpus.jsonl", tarred), "tgz": write(t, "corpus.tgz", gzipped(t, tarred)), "zip": write(t, "corpus.zip", zipped),
	}
	for name, path := range tests {
		t.Run(name, func(t *testing.T) {
			source, rows := mustRead(t, path, Options{})
			got := told(rows, path)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], ":")
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if !source.Resumable || !strings.HasPrefix(source.Name, "corpus-") {
				t.Errorf("source is %+v", source)
			}
			seed := uint64(5)
			_, shuffled := mustRead(t, path, Options{Shuffle: &seed})
			again := told(shuffled, path)
			for i := range again {
				again[i] = strings.TrimPrefix(again[i], ":")
			}
			if slices.Equal(again, got) {
				t.Error("shuffled, the order is the same")
			}
			slices.Sort(again)
			sorted := slices.Sorted(slices.Values(want))
			if d := cmp.Diff(sorted, again); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("a pipe", func(t *testing.T) {
		source, rows := mustRead(t, "-", Options{Stdin: strings.NewReader(gzipped(t, tarred))})
		if len(rows) != len(want) || rows[0].File != "standard input:politics/1.txt" || source.Resumable {
			t.Errorf("%q, %+v", told(rows, ""), source)
		}
	})
	t.Run("a pipe that trickles", func(t *testing.T) {
		_, rows := mustRead(t, "-", Options{Stdin: &trickle{strings.NewReader(tarred)}})
		if len(rows) != len(want) {
			t.Errorf("%q", told(rows, ""))
		}
	})
	t.Run("patterns", func(t *testing.T) {
		_, rows, err := readSeveral(t, []string{folder + "/*/?.txt", folder + "/rows.jsonl"}, Options{})
		got := told(rows, folder)
		wanted := []string{strings.Replace(want[0], " politics/1.txt", " "+folder[1:]+"/politics/1.txt", 1), strings.Replace(want[4], " sport/3.txt", " "+folder[1:]+"/sport/3.txt", 1), want[2], want[3]}
		if d := cmp.Diff(wanted, got); d != "" || err != nil {
			t.Error(d, err)
		}
	})
}

// trickle reads one byte at a time.
type trickle struct{ r io.Reader }

func (o *trickle) Read(p []byte) (int, error) { return o.r.Read(p[:min(len(p), 1)]) }

func TestAFolderAloneIsNoLabel(t *testing.T) {
	_, rows := mustRead(t, content{"a.txt": "one, two", "b": "three"}.folder(t), Options{})
	for _, row := range rows {
		if row.Document.Label != "" {
			t.Errorf("%+v", row.Document)
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestFormatsAmongFiles(t *testing.T) {
	tests := map[string]struct {
		name, content string
		o             Options
		want          string // the first row's title: text, or what is wrong
	}{
		"prose with commas":            {name: "x/a.txt", content: "Once, twice, thrice.\nAnd so on, and on.", want: ": Once, twice, thrice.\nAnd so on, and on."},
		"prose with a usual name":      {name: "x/a", content: "Text, and more\nof it", want: ": Text, and more\nof it"},
		"a number as a suffix":         {name: "x/cv000.123", content: "bad, really", want: ": bad, really"},
		"CSV without a suffix":         {name: "x/a", content: "id,title,text\n1,T,t\n", want: "T: t"},
		"JSON lines without a suffix":  {name: "x/a", content: `{"id":"1","text":"t"}`, want: ": t"},
		"AG News by its suffix":        {name: "x/a.csv", content: "1,T,t\n", want: "T: t"},
		"CSV, columns unknown":         {name: "x/a.csv", content: "p,q\n1,2\n", want: "x/a.csv the columns are not known: the first row (\"p\", \"q\") is no header with a title or text, and not class, title, description as in AG News; say which column holds what, as text=3; the other files are read"},
		"forced to be text":            {name: "x/a.csv", content: "p,q", o: Options{Format: FormatText}, want: ": p,q"},
		"a long first line":            {name: "x/a.txt", content: strings.Repeat("w", 121) + "\n\nrest", want: ": " + strings.Repeat("w", 121) + "\n\nrest"},
		"Latin-1":                      {name: "x/a.txt", content: "caf\xe9", want: "x/a.txt:1: not valid UTF-8; convert the source to UTF-8; the row is left out"},
		"empty text":                   {name: "x/a.txt", content: " \n", want: "x/a.txt:1: title and text are empty; the row is left out"},
		"a byte order mark":            {name: "x/a.txt", content: "\ufeffwords", want: ": words"},
		"UTF-16":                       {name: "x/a.txt", content: utf16(t, "wörds, more"), want: ": wörds, more"},
		"a picture":                    {name: "x/a.png", content: "\x89PNG\r\n\x1a\n\x00\x00", want: "x/a.png is not text: byte 8 is zero, and it is none of the formats known; the other files are read"},
		"a PDF":                        {name: "x/a.pdf", content: "%PDF-1.4", want: "x/a.pdf is a PDF; extract its text; the other files are read"},
		"markup":                       {name: "x/a.rtf", content: "{\\rtf1}", want: ""},
		"an archive in it":             {name: "x/a.zip", content: content{"b.txt": "b"}.zip(t), want: ""},
		"compressed twice":             {name: "x/a.gz", content: gzipped(t, gzipped(t, "x")), want: "x/a.gz is compressed twice; uncompress it once: gzip -d; the other files are read"},
		"an empty compressed file":     {name: "x/a.gz", content: "", want: "x/a.gz is empty, not even a compressed file without rows; fetch or write it again; the other files are read"},
		"a compressed file, cut short": {name: "x/a.jsonl.gz", content: gzipped(t, strings.Repeat(twoRows, 99))[:40], want: "x/a.jsonl.gz is cut off: its gzip stream ends in the middle, after 0 bytes of text; the rows before it are complete and were delivered, what follows is lost; fetch the whole file and read it again; the other files are read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := content{tt.name: tt.content, "y/last.jsonl": twoRows}
			if tt.o.Format != "" {
				delete(files, "y/last.jsonl")
				files["y/last.txt"] = "x"
			}
			archived := files.tar(t)
			folder := files.folder(t)
			for what, path := range map[string]string{"folder": folder, "tar": write(t, "c.tar", archived)} {
				_, rows := mustRead(t, path, tt.o)
				first := rows[0]
				got := first.Document.Title + ": " + first.Document.Text
				if first.Err != nil {
					got = strings.TrimLeft(strings.ReplaceAll(first.Err.Error(), path, ""), "/:")
				}
				if tt.want != "" && got != tt.want {
					t.Errorf("%s: got  %s\nwant %s", what, got, tt.want)
				}
				if last := rows[len(rows)-1]; last.Err != nil || !strings.Contains(last.File, "last") {
					t.Errorf("%s: the last row is %+v", what, last)
				}
			}
		})
	}
}

func readSeveral(t testing.TB, specs []string, o Options) (*Source, []Row, error) {
	t.Helper()
	source, r, err := OpenAll(specs, o)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			checkRows(t, rows)
			return source, rows, nil
		}
		if err != nil {
			return source, rows, err
		}
		rows = append(rows, row)
	}
}
