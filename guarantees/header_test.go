package guarantees

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"tidings/internal/broker"
)

// Properties:
//   - a header that is written reads as itself;
//   - one that is read is a range that a next unit can follow: a unit covers
//     something, a fence nothing;
//   - hostile headers are errors that name the record, and never panics.
func FuzzParseHeader(f *testing.F) {
	for _, h := range []Header{
		{Kind: Done, Epoch: 1, From: 1, To: 1, Worker: "a"},
		{Kind: Done, Epoch: math.MaxUint64, From: 7, To: math.MaxUint64 - 1, Worker: "host:123"},
		{Kind: Fence, Epoch: 2, From: 1, To: 0, Worker: ""},
		{Kind: Fence, Epoch: 2, From: 10, To: 9, Worker: "b"},
	} {
		l := h.lines()
		f.Add(l.Get(headerKind), l.Get(headerEpoch), l.Get(headerFrom), l.Get(headerTo), h.Worker)
	}
	most := strconv.FormatUint(math.MaxUint64, 10)
	f.Add("fence", "1", "0", most, "")
	f.Add("done", "1", "1", most, "")
	f.Add("done", "1", "2", "1", "")
	f.Add("fence", "1", "1", "1", "")
	f.Add("done", "-1", "1", "1", "")
	f.Add("done", "", "1", "1", "")
	f.Add("claim", "1", "1", "1", "")
	f.Add("hole", "1", "1", "7", "")
	f.Add("ack", "1", "8", "7", "")
	f.Add("future", "1", "1", "1", "")
	f.Add("", "", "", "", "")
	f.Add("done", "1", "18446744073709551616", "1", "x")
	f.Fuzz(func(t *testing.T, kind, epoch, from, to, worker string) {
		r := broker.Record{Sequence: 77, Subject: "p.df.0", Header: broker.Header{
			headerKind: {kind}, headerEpoch: {epoch}, headerFrom: {from}, headerTo: {to}, headerWorker: {worker},
		}}
		h, err := ParseHeader(r)
		if err != nil {
			if !strings.Contains(err.Error(), "77") || !strings.Contains(err.Error(), "p.df.0") {
				t.Errorf("the error does not name the record: %v", err)
			}
			return
		}
		empty := h.Kind == Fence || h.Kind == Ack
		if h.From == 0 || h.To == math.MaxUint64 || empty != (h.From > h.To) || empty && h.From != h.To+1 {
			t.Errorf("%+v is accepted", h)
		}
		if again, err := ParseHeader(broker.Record{Header: h.lines()}); err != nil || again != h {
			t.Errorf("%+v is written and read as %+v (%v)", h, again, err)
		}
	})
}

// Properties:
//   - what was met is written and read as itself, and nothing else is read;
//   - a record says of which log messages it is, and up to where all is met.
func FuzzParseMet(f *testing.F) {
	for _, m := range []Met{{Lane: 1, From: 1, To: 8, Through: 0}, {Lane: 64, From: 9, To: 9, Aligned: true, Through: 9}, {Lane: 2, From: 3, To: math.MaxUint64, Through: 2}, {Lane: 2, From: 3, To: 7, Barrier: true, Through: 5}} {
		f.Add(m.String())
	}
	for _, s := range []string{"", "0:1-1<0", "1:2-1<0", "1:1-2!<2", "1:1-1<1x", "01:1-1<1", "1:-1-1<1", "65537:1-1<1", "1:1-1|!<1", "1:1-1?<1", "1:1-1 <1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMet(s)
		if err != nil {
			return
		}
		if m.String() != s || m.Lane < 1 || m.From < 1 || m.From > m.To || m.Aligned && m.From != m.To {
			t.Errorf("%q is read as %+v", s, m)
		}
		h := Header{Kind: Done, Epoch: 1, From: 1, To: 3, Met: m}
		again, err := ParseHeader(broker.Record{Header: h.lines()})
		if from, to := again.Span(); err != nil || again != h || from != m.From || to != m.To || again.Through() != m.Through {
			t.Errorf("%+v is written and read as %+v (%v)", h, again, err)
		}
	})
}

func TestParseHeaderOfOtherRecords(t *testing.T) {
	for name, h := range map[string]broker.Header{
		"none":         nil,
		"empty":        {},
		"empty values": {headerKind: {}, headerEpoch: nil},
		"kind alone":   {headerKind: {"done"}},
	} {
		if _, err := ParseHeader(broker.Record{Header: h}); err == nil {
			t.Errorf("a record with a header of %s is accepted", name)
		}
	}
}
