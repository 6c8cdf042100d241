package datasets

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"tidings/datasets/datasetstest"
)

func BenchmarkReader(b *testing.B) {
	packed := datasetstest.Path(b, "wikipedia-current-events.jsonl.gz")
	f, err := os.Open(packed)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	plain := filepath.Join(b.TempDir(), "wikipedia.jsonl")
	if err := os.WriteFile(plain, content, 0o600); err != nil {
		b.Fatal(err)
	}
	zst := filepath.Join(b.TempDir(), "wikipedia.jsonl.zst")
	if err := os.WriteFile(zst, []byte(zstded(b, string(content))), 0o600); err != nil {
		b.Fatal(err)
	}
	seed := uint64(1)
	for name, c := range map[string]struct {
		path string
		o    Options
	}{"plain": {path: plain}, "gzip": {path: packed}, "zstd": {path: zst}, "plain,shuffled": {path: plain, o: Options{Shuffle: &seed}}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				_, r, err := Open(c.path, c.o)
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

func BenchmarkCSV(b *testing.B) {
	row := "3,\"A title, quoted\",\"" + string(bytes.Repeat([]byte("words "), 35)) + "\"\n"
	const rows = 20_000
	b.SetBytes(int64(rows * len(row)))
	b.ReportAllocs()
	for b.Loop() {
		_, r, err := Open("-", Options{Stdin: &repeated{parts: []part{{row, rows}}}})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err = r.Next(); err != nil {
				break
			}
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
