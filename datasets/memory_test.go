package datasets

import (
	"io"
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
		"a line of 128 MiB":     {parts: []part{{line, 1}, {strings.Repeat("x", mib), 128}, {"\n" + line, 1}}, rows: 3, usedMax: 4 * LineBytesMax},
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

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
