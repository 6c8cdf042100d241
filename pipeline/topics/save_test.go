package topics

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unsafe"
)

func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }

func sample(tb testing.TB) (*State, Options) {
	o := Options{Windows: []Definition{parse(tb, "tumbling:1h"), parse(tb, "count:5"), parse(tb, "session:2h"), parse(tb, "sliding:3h/2h")}, OutOfOrder: 3 * time.Hour, EmitDocuments: 4}
	s := New(o, 1, 2)
	for i := range int64(19) {
		s.Observe(Document{Time: i % 7 * int64(time.Hour), Label: string(rune('a' + i%3))}, func(Window) {})
	}
	s.Observe(Document{Time: NoTime}, nil)
	return s, o
}

func saved(tb testing.TB, s *State) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestLoadRefusesAnotherPlan(t *testing.T) {
	s, o := sample(t)
	b := saved(t, s)
	other := o
	other.OutOfOrder++
	bad := o
	bad.Popular = -1
	tests := map[string]struct {
		options               Options
		partition, partitions int
		want                  string
	}{
		"the same":         {o, 1, 2, ""},
		"defaults written": {o.WithDefaults(), 1, 2, ""},
		"partition":        {o, 0, 2, "another plan"},
		"partitions":       {o, 1, 4, "another plan"},
		"options":          {other, 1, 2, "another plan"},
		"bad options":      {bad, 1, 2, "popular"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(bytes.NewReader(b), tt.options, tt.partition, tt.partitions)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// Every cut and every changed byte is an error, never a state.
func TestLoadRefusesWhatIsDamaged(t *testing.T) {
	s, o := sample(t)
	b := saved(t, s)
	for i := range b {
		if _, err := Load(bytes.NewReader(b[:i]), o, 1, 2); err == nil {
			t.Errorf("cut after %d bytes: no error", i)
		}
		changed := bytes.Clone(b)
		changed[i] ^= 0x10
		if _, err := Load(bytes.NewReader(changed), o, 1, 2); err == nil {
			t.Errorf("byte %d changed: no error", i)
		}
	}
	if _, err := Load(bytes.NewReader([]byte("TDWN\x63\x00\x00\x00\x00\x00\x00\x00\x00")), o, 1, 2); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("another version: %v", err)
	}
	broken := errors.New("the disk is gone")
	if _, err := Load(iotest.ErrReader(broken), o, 1, 2); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// Whatever the payload, restoring it ends with an error or with a state that
// is within its limits and saves itself as equal bytes.
func FuzzRestore(f *testing.F) {
	s, o := sample(f)
	b := saved(f, s)
	f.Add(b[headerBytes : len(b)-4])
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := New(o, 1, 2)
		if s.restore(&decoder{rest: payload, version: saveVersion}) != nil {
			return
		}
		for _, track := range s.tracks {
			if track.open > s.options.OpenMax {
				t.Fatalf("%d windows open", track.open)
			}
		}
		again := New(o, 1, 2)
		b := saved(t, s)
		if err := again.restore(&decoder{rest: b[headerBytes : len(b)-4], version: saveVersion}); err != nil || again.Digest() != s.Digest() {
			t.Fatalf("saved again: %v", err)
		}
		s.Observe(Document{Time: 1, Label: "x"}, func(Window) {})
		s.EndOfSource("", func(Window) {})
	})
}
