package datasets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// FuzzOpen reads anything as a source: nothing panics, every row obeys what
// holds for rows, and a shuffled source has the same rows and the same end.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{
		twoRows, "\ufeff" + twoRows, "oops\n" + twoRows, gzipped(f, twoRows), zstded(f, twoRows), gzipped(f, twoRows)[:40],
		content{"a/1": "one, two", "b.jsonl": twoRows}.tar(f), gzipped(f, content{"b.csv.gz": gzipped(f, "id,text\n1,x\n")}.tar(f))[:99], utf16(f, twoRows),
		"<REUTERS NEWID=\"1\"><BODY>x</BODY></REUTERS>", "From: a\nSubject: b\n\nc", "{{Current events|year=2020|month=3|day=1|content=\n;Sport\n* x\n}}",
		"3,Title,Text\n1,\"a\nb\",c\n", "id,text\n1,\"x\n2,\"y\"\n", "a\tb\n", "[{}]", "", "\x1f\x8b", "\xff\xfe", "id;text\r\n1;\"\"\"\"\r\n",
	} {
		for _, format := range append(Formats(), "") {
			f.Add([]byte(seed), format)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte, format string) {
		o := Options{Format: format, Stdin: bytes.NewReader(content)}
		source, rows, err := readAll(t, "-", o)
		checkRows(t, rows)
		o.Stdin, o.Shuffle, o.TempDir = bytes.NewReader(content), new(uint64), t.TempDir()
		other, shuffled, shuffledErr := readAll(t, "-", o)
		checkRows(t, shuffled)
		if (err == nil) != (shuffledErr == nil) || len(shuffled) != len(rows) {
			t.Fatalf("%d rows and %v; shuffled %d and %v", len(rows), err, len(shuffled), shuffledErr)
		}
		got, want := told(shuffled, ""), told(rows, "")
		for i := range want { // ids that are generated have the source's name in them
			got[i], want[i] = strings.ReplaceAll(got[i], other.Name, ""), strings.ReplaceAll(want[i], source.Name, "")
		}
		slices.Sort(got)
		slices.Sort(want)
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("a row is %q; shuffled %q", want[i], got[i])
			}
		}
	})
}

// FuzzJSONLines holds that each line that is not blank is one row.
func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(twoRows))
	f.Add([]byte("\n\n{\"id\":\"1\"}\r\n \noops\n\"\n{"))
	f.Fuzz(func(t *testing.T, content []byte) {
		want := 0
		for line := range bytes.Lines(content) {
			if len(bytes.TrimSpace(line)) > 0 {
				want++
			}
		}
		j := &jsonRecords{lines: lines{r: bufio.NewReaderSize(bytes.NewReader(content), 16)}}
		for got := 0; ; got++ {
			rec, err := j.next()
			if err == io.EOF {
				if got != want {
					t.Fatalf("%d rows of %d lines", got, want)
				}
				return
			}
			if err != nil || rec.ordinal != uint64(got+1) || len(rec.data) == 0 {
				t.Fatalf("record %+v, %v", rec, err)
			}
		}
	})
}

// FuzzCSVAgreesWithEncodingCSV holds the cutting of CSV against the standard
// library: what that takes without an error has the same records here, on the
// same lines. What it refuses ends with the row here, and every line is part
// of a record or blank.
func FuzzCSVAgreesWithEncodingCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\nc,d\n", "a,\"b\nc\"\n", "\"\"\"\",\"\"\n", "a\r\n\r\n\"b\r\nc\"\r", "a,\"b\nc,d\n", "\"a\"b,c\nd\n", "5\" disk,x\n", ",\n,,\n", "\"a\r\r\n\"\r\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) >= ColumnsMax {
			t.Skip("columns are limited, see TestARowOfCSVIsLimited")
		}
		std := csv.NewReader(bytes.NewReader(content))
		std.FieldsPerRecord = -1
		c := &csvRecords{lines: lines{r: bufio.NewReaderSize(bytes.NewReader(content), 16)}, delimiter: ','}
		agreed, covered := true, 0
		for {
			rec, err := c.next()
			if err == io.EOF {
				break
			}
			if err != nil || len(rec.data) == 0 {
				t.Fatalf("record %+v, %v", rec, err)
			}
			covered += len(rec.data)
			fields, _, fieldsErr := csvFields(nil, nil, rec.data, ',')
			if fieldsErr != nil && rec.bad == "" {
				t.Fatalf("record %q was cut out, and then: %v", rec.data, fieldsErr)
			}
			if !agreed {
				continue
			}
			want, err := std.Read()
			if agreed = err == nil; !agreed {
				if errors.Is(err, io.EOF) {
					t.Fatalf("record %q, and encoding/csv has no more", rec.data)
				}
				continue
			}
			line, _ := std.FieldPos(0)
			if rec.bad != "" || len(fields) != len(want) || rec.line != uint64(line) {
				t.Fatalf("line %d: %q (%s), want line %d: %q", rec.line, fields, rec.bad, line, want)
			}
			for i := range want {
				if string(fields[i]) != want[i] {
					t.Fatalf("line %d: %q, want %q", rec.line, fields, want)
				}
			}
		}
		blank := 0
		for line := range strings.Lines(string(content)) {
			if ended([]byte(line)) {
				blank += len(line)
			}
		}
		if covered+blank < len(content) {
			t.Fatalf("%d bytes of %d are in a record, %d in blank lines", covered, len(content), blank)
		}
	})
}
