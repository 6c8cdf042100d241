package pipeline

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"tidings"
	"tidings/guarantees"
	"tidings/internal/broker"
)

// atOnce delivers all that there is.
type atOnce []broker.Record

func (a *atOnce) Next(context.Context) (all []broker.Record, err error) {
	if all, *a = *a, nil; len(all) == 0 {
		return nil, errors.New("nobody may wait for more")
	}
	return all, nil
}

func (a *atOnce) Close() {}

// Properties, of records of few and long entries that are all at hand:
//   - a unit takes in several, and those have no more than UnitBytesMax together;
//   - what is wrong with a record is told behind all that stands before it.
func TestWhatIsGatheredStaysWithinABrokersLimits(t *testing.T) {
	const records, bytesEach = 200, 10 << 10
	var stream atOnce
	for sequence := uint64(1); sequence <= records; sequence++ {
		u := &Unit{From: sequence, To: sequence}
		u.Entries = []Entry{{Position: tidings.Position{Sequence: sequence}, Kind: DeadLetter, ID: "x", Detail: strings.Repeat("é", bytesEach/2)}}
		var c codec
		data, err := c.encode(u, []byte{tokensSection}, 0, func(uint64) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, broker.Record{Sequence: sequence, Header: headerOf(guarantees.Header{Kind: guarantees.Done, From: sequence, To: sequence}), Data: bytes.Clone(data)})
	}
	stream = append(stream, broker.Record{Sequence: records + 1, Header: headerOf(guarantees.Header{Kind: guarantees.Done, From: records + 1, To: records + 1}), Data: []byte("\x01\xff")})
	n, err := node(TokenizeStage)
	if err != nil {
		t.Fatal(err)
	}
	in := &zipInput{reading: reading{gathers: true}, df: 1, route: newRouter(1), sides: []*side{{node: n, of: 1, name: "p-tok-0", arrivals: newArrivals(&stream, guarantees.Promise{}, 1)}}}
	in.begin()
	units, at := 0, uint64(0)
	for ; at < records; units++ {
		u := &Unit{}
		if err := in.next(t.Context(), u); err != nil {
			t.Fatalf("behind %d of %d log messages: %v", at, records, err)
		}
		size := 0
		for i := range u.Entries {
			size += len(u.Entries[i].Detail)
		}
		if u.From != at+1 || size > UnitBytesMax || u.To < records && size < UnitBytesMax-2*bytesEach {
			t.Fatalf("unit %d..%d follows %d and has %d bytes", u.From, u.To, at, size)
		}
		at = u.To
	}
	if err := in.next(t.Context(), &Unit{}); err == nil || !strings.Contains(err.Error(), "record 201") {
		t.Errorf("%d units, then %v", units, err)
	}
}
