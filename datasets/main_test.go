package datasets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"tidings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write puts a file into a temporary folder and returns its path.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll reads a source to its end. The error is what Open or Next said
// beside io.EOF.
func readAll(t testing.TB, spec string, o Options) (*Source, []Row, error) {
	t.Helper()
	source, r, err := Open(spec, o)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	var rows []Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			return source, rows, nil
		}
		if err != nil {
			if _, again := r.Next(); again != err {
				t.Errorf("after %v came %v", err, again)
			}
			return source, rows, err
		}
		rows = append(rows, row)
	}
}

// mustRead is readAll for sources that have no fault.
func mustRead(t testing.TB, spec string, o Options) (*Source, []Row) {
	t.Helper()
	source, rows, err := readAll(t, spec, o)
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, rows)
	return source, rows
}

// checkRows holds what is true of every row of every source.
func checkRows(t testing.TB, rows []Row) {
	t.Helper()
	for i, row := range rows {
		if row.Number != uint64(i+1) {
			t.Fatalf("row %d has the number %d", i+1, row.Number)
		}
		if row.Line == 0 || row.File == "" {
			t.Fatalf("row %d stands at %q:%d", i+1, row.File, row.Line)
		}
		var bad *RowError
		var refused *tidings.DocumentError
		switch {
		case row.Err == nil:
			if err := row.Document.Check(); err != nil {
				t.Fatalf("row %d is good, and yet: %v", i+1, err)
			}
		case !errors.As(row.Err, &bad) || !errors.As(row.Err, &refused):
			t.Fatalf("row %d has the error %v, no *RowError with a *tidings.DocumentError", i+1, row.Err)
		case row.Document.ID != "" || row.Document.Text != "" || row.Document.Title != "":
			t.Fatalf("row %d is bad and has a document", i+1)
		case len(row.Raw) == 0 && row.Line > 1 && !bad.Whole || len(row.Raw) > RawBytesMax:
			t.Fatalf("row %d is bad and has a head of %d bytes", i+1, len(row.Raw))
		}
	}
}

// texts shows good rows by id and text, bad ones by line and reason.
func texts(rows []Row) string {
	var b strings.Builder
	for _, row := range rows {
		var refused *tidings.DocumentError
		if errors.As(row.Err, &refused) {
			b.WriteString("!" + string(refused.Reason) + " ")
		} else {
			b.WriteString(row.Document.ID + "=" + row.Document.Text + " ")
		}
	}
	return strings.TrimSpace(b.String())
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t testing.TB, content string, o ...zstd.EOption) string {
	t.Helper()
	w, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(content), nil))
}
