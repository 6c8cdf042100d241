package catalogue

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidings"
	"tidings/datasets"
)

// dayPage puts a page into the cache.
func dayPage(t *testing.T, c Cache, at, content string) {
	t.Helper()
	path := c.DayPath(date(at))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, []byte(content))
}

func all(t *testing.T, r datasets.Reader) (rows []datasets.Row) {
	t.Helper()
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		row, err := r.Next()
		if err == io.EOF {
			if _, err := r.Next(); err != io.EOF {
				t.Errorf("after the end: %v", err)
			}
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

// Properties, of day pages in the cache:
//   - their items come in the order of the days, numbered on, each with the
//     time of its day, its heading as label, and its file; a second time the
//     same;
//   - days that are known to have no page, and pages without items, bring
//     nothing; a page that is bad in one item brings the others;
//   - a longer range begins with the same rows and has the same name;
//   - limit ends it.
func TestDaysAreRead(t *testing.T) {
	c := Cache{t.TempDir()}
	dayPage(t, c, "2024-01-30", ";Sports\n*A team won.\n*Another team lost.\n")
	dayPage(t, c, "2024-01-31", "")
	write(t, c.noPagePath(date("2024-02-01")), nil) // in the folder of the year
	dayPage(t, c, "2024-02-02", ";Sports\n*"+strings.Repeat("long ", tidings.TextBytesMax/4)+"\n*A third team won.\n")
	dayPage(t, c, "2024-02-03", ";Arts and culture\n*A film was shown.\n")
	days := Days{date("2024-01-30"), date("2024-02-02")}
	read := func(d Days, limit uint64) (*datasets.Source, []datasets.Row) {
		source, r, err := c.OpenDays(d, datasets.Options{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		return source, all(t, r)
	}
	source, rows := read(days, 0)
	var got []string
	for i, row := range rows {
		if row.Number != uint64(i)+1 || row.File == "" || row.Line == 0 {
			t.Errorf("row %d is %d, %s:%d", i, row.Number, row.File, row.Line)
		}
		var refused *datasets.RowError
		if errors.As(row.Err, &refused) {
			got = append(got, "refused")
			continue
		}
		d := row.Document
		got = append(got, fmt.Sprint(d.Time.Format(time.DateOnly), " ", d.Label, ": ", d.Title, d.Text))
	}
	if len(got) != 4 || !strings.HasPrefix(got[0], "2024-01-30 ") || !strings.Contains(got[0], "A team won") || got[2] != "refused" || !strings.Contains(got[3], "A third team won") {
		t.Errorf("rows:\n%s", strings.Join(got, "\n"))
	}
	if !source.Resumable || source.Name != "current-events-2024-01-30" {
		t.Errorf("%+v", source)
	}
	days.Last = date("2024-02-03")
	longer, more := read(days, 0)
	if longer.Name != source.Name || len(more) != 5 || more[1].Document.ID != rows[1].Document.ID {
		t.Errorf("a longer range: %s, %d rows", longer.Name, len(more))
	}
	if _, few := read(days, 2); len(few) != 2 {
		t.Errorf("limit 2: %d rows", len(few))
	}
}

// Properties: a page that is not there is told of before the first row, with
// how to get it; one that goes away meanwhile ends the source with its name.
func TestDaysThatAreNotThere(t *testing.T) {
	c := Cache{t.TempDir()}
	dayPage(t, c, "2024-01-30", ";Sports\n*A team won.\n")
	days := Days{date("2024-01-30"), date("2024-01-31")}
	_, _, err := c.OpenDays(days, datasets.Options{})
	if err == nil || !strings.Contains(err.Error(), "1 of the 2 days") || !strings.Contains(err.Error(), c.DayPath(date("2024-01-31"))) {
		t.Errorf("one is missing: %v", err)
	}
	dayPage(t, c, "2024-01-31", ";Sports\n*Another team won.\n")
	_, r, err := c.OpenDays(days, datasets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.DayPath(date("2024-01-31"))); err != nil {
		t.Fatal(err)
	}
	if row, err := r.Next(); err != nil || row.Number != 1 {
		t.Errorf("the first row: %+v, %v", row, err)
	}
	if _, err := r.Next(); err == nil || err == io.EOF || !strings.Contains(err.Error(), "2024-01-31.wikitext cannot be read") {
		t.Errorf("a page that went away: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Properties, of a part that is a folder of an archive: its rows alone come,
// numbered from 1, up to the limit.
func TestAFolderOfAnArchiveIsRead(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	for _, name := range []string{"20news-bydate-test/sci.space/1", "20news-bydate-test/sci.med/2", "20news-bydate-train/sci.space/3", "20news-bydate-train/sci.med/4", "20news-bydate-train/sci.med/5"} {
		text := "From: a@example.org\nSubject: number " + filepath.Base(name) + "\n\nThe text of " + name + "\n"
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "20news-bydate.tar.gz")
	write(t, path, packed.Bytes())
	for limit, want := range map[uint64]string{0: "sci.space sci.med sci.med", 2: "sci.space sci.med"} {
		_, r, err := datasets.Open(path, datasets.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for i, row := range all(t, Within(r, "20news-bydate-train", limit)) {
			if row.Number != uint64(i)+1 || row.Err != nil {
				t.Errorf("row %d is %+v", i, row)
			}
			labels = append(labels, row.Document.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("limit %d: %s, want %s", limit, got, want)
		}
	}
}
