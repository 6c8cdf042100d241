package datasets

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// repeated is an input of parts, each given so many times, that takes no
// memory of its own.
type repeated struct {
	parts []part
	off   int
}

type part struct {
	text  string
	times int
}

func (r *repeated) Read(p []byte) (int, error) {
	for len(r.parts) > 0 && r.parts[0].times == 0 {
		r.parts = r.parts[1:]
	}
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.parts[0].text[r.off:])
	if r.off += n; r.off == len(r.parts[0].text) {
		r.off = 0
		r.parts[0].times--
	}
	return n, nil
}

// TestMemoryDoesNotGrowWithTheSource reads inputs that are many times as large
// as the memory that may be in use, hostile ones among them.
func TestMemoryDoesNotGrowWithTheSource(t *testing.T) {
	const mib = 1 << 20
	line := `{"id":"1","label":"a","text":"` + strings.Repeat("words ", 40) + `"}` + "\n"
	row := "1,title," + strings.Repeat("words ", 40) + "\n"
	mibOf := func(text string) int { return mib / len(text) }
	tests := map[string]struct {
		parts   []part
		shuffle bool
		rows    int
		usedMax uint64 // bytes above those in use before
	}{
		"JSON lines":            {parts: []part{{line, 64 * mibOf(line)}}, rows: 64 * mibOf(line), usedMax: 4 * mib},
		"CSV":                   {parts: []part{{row, 64 * mibOf(row)}}, rows: 64 * mibOf(row), usedMax: 4 * mib},
		"a line of 2 GiB":       {parts: []part{{line, 1}, {strings.Repeat("x", mib), 2 << 10}, {"\n" + line, 1}}, rows: 3, usedMax: 4 * LineBytesMax},
		"CSV, 128 MiB a line":   {parts: []part{{row, 1}, {strings.Repeat("x", mib), 128}, {"\n" + row, 1}}, rows: 3, usedMax: 4 * LineBytesMax},
		"CSV, an open quote":    {parts: []part{{row, 1}, {"2,\"", 1}, {row, 64 * mibOf(row)}}, rows: 1 + 64*mibOf(row), usedMax: 6 * LineBytesMax},
		"JSON lines, shuffled":  {parts: []part{{line, 96 * mibOf(line)}}, shuffle: true, rows: 96 * mibOf(line), usedMax: 48 * mib},
		"short lines, shuffled": {parts: []part{{row, 1}, {"1,a,b\n", 2 << 20}}, shuffle: true, rows: 1 + 2<<20, usedMax: 48 * mib},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := inUse()
			o := Options{Stdin: &repeated{parts: tt.parts}}
			if tt.shuffle {
				o.Shuffle, o.TempDir = new(uint64), t.TempDir()
			}
			_, r, err := Open("-", o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			rows, most := 0, uint64(0)
			for {
				_, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if rows%(tt.rows/8+1) == 0 {
					most = max(most, inUse())
				}
				rows++
			}
			most = max(most, inUse())
			runtime.KeepAlive(r)
			if rows != tt.rows {
				t.Errorf("%d rows, want %d", rows, tt.rows)
			}
			if most > before+tt.usedMax {
				t.Errorf("%d KiB in use above the %d before, the limit is %d", (most-before)>>10, before>>10, tt.usedMax>>10)
			}
		})
	}
}

// tarOf gives a tar archive of so many files of the same size, named by their
// numbers, without holding it.
func tarOf(files int, name, content string) io.Reader {
	from, to := io.Pipe()
	go func() {
		w := tar.NewWriter(to)
		var err error
		for i := range files {
			if err = w.WriteHeader(&tar.Header{Name: fmt.Sprintf(name, i%20, i), Mode: 0o600, Size: int64(len(content))}); err == nil {
				_, err = io.WriteString(w, content)
			}
			if err != nil {
				break
			}
		}
		to.CloseWithError(errors.Join(err, w.Close()))
	}()
	return from
}

// TestMemoryDoesNotGrowWithTheFilesOfASource reads archives and a folder of
// many small files, and an archive's member that is one line of 2 GiB.
func TestMemoryDoesNotGrowWithTheFilesOfASource(t *testing.T) {
	const mib, files, zipFiles = 1 << 20, 100_000, 30_000
	folder := filepath.Join(t.TempDir(), "corpus")
	zipped := filepath.Join(t.TempDir(), "corpus.zip")
	f, err := os.Create(zipped)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for i := range zipFiles {
		w, err := z.Create(fmt.Sprintf("label-%d/%d.txt", i%20, i))
		if err == nil {
			_, err = io.WriteString(w, "some words")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	const inFolder = 5_000
	for i := range inFolder {
		path := filepath.Join(folder, fmt.Sprintf("%d/%d.txt", i%20, i))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("some words"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		spec    string
		stdin   io.Reader
		rows    int
		usedMax uint64
	}{
		"tar":       {spec: "-", stdin: tarOf(files, "label-%d/%d.txt", "some words"), rows: files, usedMax: 4 * mib},
		"JSON":      {spec: "-", stdin: tarOf(inFolder, "label-%d/%d.jsonl", twoRows), rows: 2 * inFolder, usedMax: 4 * mib},
		"zip":       {spec: zipped, rows: zipFiles, usedMax: 20 * mib}, // its table of contents
		"folder":    {spec: folder, rows: inFolder, usedMax: 4 * mib},
		"long text": {spec: "-", stdin: tarOf(200, "label-%d/%d.txt", strings.Repeat("words ", 500<<10)), rows: 200, usedMax: 12 * mib},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := inUse()
			_, r, err := Open(tt.spec, Options{Stdin: tt.stdin})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			rows, most := 0, uint64(0)
			for {
				if _, err = r.Next(); err != nil {
					break
				}
				if rows%(tt.rows/8+1) == 0 {
					most = max(most, inUse())
				}
				rows++
			}
			if err != io.EOF || rows != tt.rows {
				t.Errorf("%d rows, want %d; %v", rows, tt.rows, err)
			}
			if most > before+tt.usedMax {
				t.Errorf("%d KiB in use above the %d before, the limit is %d", (most-before)>>10, before>>10, tt.usedMax>>10)
			}
		})
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
