package datasets

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"tidings/datasets/datasetstest"

	"tidings"
)

// The two collections, written as they are distributed, from the data sets of
// which they are the origin.

// newsgroupsFile writes 20 Newsgroups: an archive of a folder for each group.
func newsgroupsFile(t testing.TB) (path string, documents []tidings.Document) {
	t.Helper()
	a := newTarFile(t, "20news-bydate.tar.gz")
	for _, split := range []string{"train", "test"} {
		_, rows := mustRead(t, datasetstest.Path(t, "20newsgroups-"+split+".jsonl.gz"), Options{})
		for _, row := range rows {
			d := row.Document
			a.add(t, "20news-bydate-"+split+"/"+d.ID, fmt.Sprintf("From: someone@example.com (Some One)\nSubject: %s\nOrganization: None\nLines: %d\n\n%s\n",
				strings.ReplaceAll(d.Title, "\n", " "), strings.Count(d.Text, "\n"), d.Text))
			documents = append(documents, d)
		}
	}
	return a.close(t), documents
}

// reutersFile writes Reuters-21578: an archive of files of 1,000 records, with
// its companions.
func reutersFile(t testing.TB) (path string, documents []tidings.Document) {
	t.Helper()
	a := newTarFile(t, "reuters21578.tar.gz")
	a.add(t, "README.txt", "How the collection came to be.\n")
	a.add(t, "all-topics-strings.lc.txt", "acq\nalum\n")
	a.add(t, "lewis.dtd", "<!ELEMENT x>\n")
	_, rows := mustReadMostly(t, datasetstest.Path(t, "reuters-21578.jsonl.gz"))
	const each = 1000
	for first := 0; first < len(rows); first += each {
		var b strings.Builder
		b.WriteString("<!DOCTYPE lewis SYSTEM \"lewis.dtd\">\n")
		for _, d := range rows[first:min(len(rows), first+each)] {
			topics := "NO"
			if d.Label != "" {
				topics = "YES"
			}
			labels := d.Labels
			if len(labels) == 0 && d.Label != "" {
				labels = []string{d.Label}
			}
			_, id, _ := strings.Cut(d.ID, "-")
			fmt.Fprintf(&b, "<REUTERS TOPICS=\"%s\" LEWISSPLIT=\"TRAIN\" CGISPLIT=\"TRAINING-SET\" OLDID=\"1\" NEWID=\"%s\">\n<DATE>%s</DATE>\n<TOPICS>", topics, id, strings.ToUpper(d.Time.Format("2-Jan-2006 15:04:05.00")))
			for _, label := range labels {
				b.WriteString("<D>" + html.EscapeString(label) + "</D>")
			}
			fmt.Fprintf(&b, "</TOPICS>\n<PLACES><D>usa</D></PLACES>\n<UNKNOWN>&#5;&#5;&#5;F</UNKNOWN>\n<TEXT>&#2;\n<TITLE>%s</TITLE>\n<BODY>%s\n Reuter\n&#3;</BODY></TEXT>\n</REUTERS>\n", html.EscapeString(d.Title), html.EscapeString(d.Text))
		}
		a.add(t, fmt.Sprintf("reut2-%03d.sgm", first/each), b.String())
	}
	return a.close(t), rows
}

// mustReadMostly reads the documents of a source that has bad rows too.
func mustReadMostly(t testing.TB, path string) (*Source, []tidings.Document) {
	t.Helper()
	source, rows := mustRead(t, path, Options{})
	var documents []tidings.Document
	for _, row := range rows {
		if row.Err == nil {
			documents = append(documents, row.Document)
		}
	}
	return source, documents
}

type tarFile struct {
	file *os.File
	gzip *gzip.Writer
	*tar.Writer
}

func newTarFile(t testing.TB, name string) *tarFile {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	return &tarFile{file: f, gzip: z, Writer: tar.NewWriter(z)}
}

func (a *tarFile) add(t testing.TB, name, content string) {
	t.Helper()
	err := a.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))})
	if err == nil {
		_, err = io.WriteString(a, content)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (a *tarFile) close(t testing.TB) string {
	t.Helper()
	for _, c := range []io.Closer{a.Writer, a.gzip, a.file} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return a.file.Name()
}

// A collection as it is distributed gives the documents that it is known for:
// ids, labels, times and titles, in its order, and no other.
func TestCollectionsOfTheSharedData(t *testing.T) {
	for name, write := range map[string]func(testing.TB) (string, []tidings.Document){"20 Newsgroups": newsgroupsFile, "Reuters-21578": reutersFile} {
		t.Run(name, func(t *testing.T) {
			path, want := write(t)
			_, rows := mustRead(t, path, Options{})
			if len(rows) != len(want) {
				t.Fatalf("%d rows, want %d", len(rows), len(want))
			}
			differ := 0
			for i, row := range rows {
				got, w := row.Document, want[i]
				got.Text, w.Text = "", "" // held against the origin where it is parsed
				if row.Err != nil || got.ID != w.ID || got.Label != w.Label || !got.Time.Equal(w.Time) || len(got.Labels) != len(w.Labels) && len(w.Labels) > 1 {
					if differ++; differ < 4 {
						t.Errorf("row %d is %+v, %v; want %+v", i+1, got, row.Err, w)
					}
				}
			}
			if differ > 0 {
				t.Errorf("%d documents differ", differ)
			}
		})
	}
}

// TestADayOfCurrentEvents reads pages of days, which names and pages date.
func TestADayOfCurrentEvents(t *testing.T) {
	page := ";Armed conflicts and attacks\n*[[A war]]\n**Soldiers cross the [[river]]. [https://example.com (Example)]\n\n;Sports\n*A team wins the cup. [https://example.com (Example)]\n"
	folder := content{"Portal:Current_events_2020_March_11.wiki": page, "2020-03-12.wikitext": page}.folder(t)
	_, rows := mustRead(t, folder, Options{Format: FormatWikitext})
	var got []string
	for _, row := range rows {
		got = append(got, row.Document.Time.Format("2006-01-02")+" "+row.Document.Label)
	}
	if len(got) != 4 || !strings.HasPrefix(got[0], "2020-03-12 ") || !strings.HasPrefix(got[3], "2020-03-11 ") || got[0] == got[1] {
		t.Errorf("%q, %v", got, rows)
	}
	_, found := mustRead(t, folder, Options{})
	if len(found) != len(rows) {
		t.Errorf("found by content there are %d rows, %v", len(found), found)
	}
}

func BenchmarkCollections(b *testing.B) {
	for name, write := range map[string]func(testing.TB) (string, []tidings.Document){"20newsgroups.tar.gz": newsgroupsFile, "reuters.tar.gz": reutersFile} {
		b.Run(name, func(b *testing.B) {
			path, documents := write(b)
			text := 0
			for _, d := range documents {
				text += len(d.Title) + len(d.Text)
			}
			b.SetBytes(int64(text))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				_, r, err := Open(path, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for {
					if _, err = r.Next(); err != nil {
						break
					}
					rows++
				}
				if err != io.EOF {
					b.Fatal(err)
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "documents/s")
		})
	}
}
