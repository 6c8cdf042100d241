package reuters

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzReader reads anything as a file of the collection: nothing panics, every
// record is a good document or refused with a reason, lines go up, the pieces
// that the file comes in do not matter, and a good record that follows is not
// touched.
func FuzzReader(f *testing.F) {
	f.Add(collection)
	for i := 0; i < len(collection); i += 97 {
		f.Add(collection[i:])
		f.Add(collection[:i] + collection[i/2:])
	}
	f.Fuzz(func(t *testing.T, file string) {
		all, err := read(t, strings.NewReader(file))
		if err != io.EOF {
			t.Fatal(err)
		}
		last := uint64(1)
		for _, g := range all {
			if g.line < last || g.line > uint64(strings.Count(file, "\n"))+1 {
				t.Fatalf("line %d after %d", g.line, last)
			}
			last = g.line
		}
		pieces, err := read(t, iotest.OneByteReader(strings.NewReader(file)))
		if err != io.EOF || fmt.Sprint(pieces) != fmt.Sprint(all) {
			t.Fatalf("got  %+v, %v\nwant %+v", pieces, err, all)
		}
		next, err := read(t, strings.NewReader(file+"\n"+rec("9", "", "<BODY>Good.</BODY>")))
		if n := len(next); err != io.EOF || n == 0 || next[n-1].d.ID != "reut-9" || next[n-1].d.Text != "Good." {
			t.Fatalf("%s, %v", shown(next), err)
		}
		Looks([]byte(file))
	})
}
