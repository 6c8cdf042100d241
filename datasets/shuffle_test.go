package datasets

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// counted gives the records 1 to n, the text of each its number.
type counted struct {
	n    uint64
	size int // bytes of a record
	end  error
	at   uint64
	data []byte
}

func (c *counted) next() (record, error) {
	if c.at == c.n {
		return record{}, c.end
	}
	c.at++
	c.data = strconv.AppendUint(c.data[:0], c.at, 10)
	c.data = append(c.data, make([]byte, max(0, c.size-len(c.data)))...)
	return record{ordinal: c.at, line: c.at + 7, data: c.data}, nil
}

func order(t *testing.T, s *shuffle, end error) []uint64 {
	t.Helper()
	var got []uint64
	for {
		rec, err := s.next()
		if err != nil {
			if err != end {
				t.Fatalf("the end is %v, want %v", err, end)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return got
		}
		text, _, _ := strings.Cut(string(rec.data), "\x00")
		if text != strconv.FormatUint(rec.ordinal, 10) || rec.line != rec.ordinal+7 {
			t.Fatalf("record %d became line %d, %q", rec.ordinal, rec.line, text)
		}
		got = append(got, rec.ordinal)
	}
}

// A shuffle:
//
//   - delivers each record once, and then the error that the source ended with;
//   - gives the same order for the same seed, whatever ran before;
//   - leaves no file behind, at whatever moment it is closed;
//   - does all that for buckets that do not fit into memory, too.
func TestShuffleIsAPermutation(t *testing.T) {
	lost := io.ErrUnexpectedEOF
	for _, n := range []uint64{0, 1, 2, 63, 1_000, 5_000} {
		for _, bytesMax := range []int64{0, 1_000, bucketBytesMax} {
			if bytesMax == 0 && n > 1_000 {
				continue // a file for each record
			}
			folder := t.TempDir()
			shuffled := func(seed uint64) []uint64 {
				s := newShuffle(&counted{n: n, end: lost}, seed, folder, "numbers")
				s.bytesMax = bytesMax
				return order(t, s, lost)
			}
			first, again, other := shuffled(1), shuffled(1), shuffled(2)
			if !slices.Equal(first, again) {
				t.Fatalf("n %d, bucket %d: two orders of one seed", n, bytesMax)
			}
			if n >= 63 && slices.Equal(first, other) {
				t.Fatalf("n %d, bucket %d: one order of two seeds", n, bytesMax)
			}
			slices.Sort(first)
			for i, v := range first {
				if v != uint64(i+1) {
					t.Fatalf("n %d, bucket %d: place %d of the sorted records has %d", n, bytesMax, i+1, v)
				}
			}
			if uint64(len(first)) != n {
				t.Fatalf("n %d, bucket %d: %d records", n, bytesMax, len(first))
			}
			mustBeEmpty(t, folder)
		}
	}
}

// A seed means an order. Where this one changes, cursors kept by row number
// point at other rows.
func TestShuffleOrderOfASeedStays(t *testing.T) {
	got := order(t, newShuffle(&counted{n: 12, end: io.EOF}, 42, t.TempDir(), "numbers"), io.EOF)
	if want := "[9 12 10 5 6 11 1 2 8 7 4 3]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestEveryOrderIsEquallyLikely(t *testing.T) {
	const seeds = 1_200
	folder := t.TempDir()
	for _, bytesMax := range []int64{0, bucketBytesMax} {
		orders := make(map[string]int)
		for seed := range uint64(seeds) {
			s := newShuffle(&counted{n: 4, end: io.EOF}, seed, folder, "numbers")
			s.bytesMax = bytesMax
			orders[fmt.Sprint(order(t, s, io.EOF))]++
		}
		const expected = seeds / 24.0
		chi2 := expected * float64(24-len(orders))
		for _, n := range orders {
			chi2 += (float64(n) - expected) * (float64(n) - expected) / expected
		}
		if chi2 > 49.7 { // 23 degrees of freedom, one in a thousand
			t.Errorf("bucket %d: chi-square %.1f over %d orders", bytesMax, chi2, len(orders))
		}
	}
}

func TestShuffleLeavesNoFileBehind(t *testing.T) {
	folder := t.TempDir()
	path := write(t, "a", strings.Repeat(twoRows, 500))
	for stop := range 20 {
		seed := uint64(stop)
		_, r, err := Open(path, Options{Shuffle: &seed, TempDir: folder})
		if err != nil {
			t.Fatal(err)
		}
		for range stop * 10 {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		mustBeEmpty(t, folder)
	}
}

func mustBeEmpty(t *testing.T, folder string) {
	t.Helper()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestShuffledRowsKeepTheirPlaceAndGeneratedID(t *testing.T) {
	var b strings.Builder
	b.WriteString("label,text\n")
	for i := 1; i <= 300; i++ {
		if i%10 == 0 {
			b.WriteString("a row with one column\n")
		} else {
			fmt.Fprintf(&b, "c,row %d\n", i)
		}
	}
	content := b.String()
	seed := uint64(3)
	for what, spec := range map[string]string{"file": write(t, "a.csv", content), "pipe": "-"} {
		source, rows := mustRead(t, spec, Options{Shuffle: &seed, Stdin: strings.NewReader(content)})
		moved, bad := 0, 0
		for _, row := range rows {
			if row.Number != row.Line-1 {
				moved++
			}
			if (row.Line-1)%10 == 0 {
				bad++
				if row.Err == nil {
					t.Errorf("%s: line %d is good", what, row.Line)
				}
				continue
			}
			if want := fmt.Sprintf("%s:%d", source.Name, row.Line-1); row.Document.ID != want || row.Document.Text != fmt.Sprintf("row %d", row.Line-1) {
				t.Errorf("%s: line %d is %+v, want id %s", what, row.Line, row.Document, want)
			}
		}
		if len(rows) != 300 || bad != 30 || moved < 250 {
			t.Errorf("%s: %d rows, %d bad, %d moved", what, len(rows), bad, moved)
		}
		_, sample := mustRead(t, spec, Options{Shuffle: &seed, Limit: 10, Stdin: strings.NewReader(content)})
		for i, row := range sample {
			if row.Line != rows[i].Line {
				t.Errorf("%s: a limit changes row %d", what, i+1)
			}
		}
	}
}
