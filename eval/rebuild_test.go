package eval_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/features"
	"tidings/pipeline"
)

// Properties: the state that is built again at a position is the one that was
// there, to the byte, in the middle of a message too, and behind a promotion,
// whether the log before it is there or not; what cannot be built says why.
func TestRebuildIsTheStateThatWas(t *testing.T) {
	documents := evaltest.Documents(300)
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "rebuilt", 1, "")
	if err := pipeline.Create(t.Context(), b, p); err != nil {
		t.Fatal(err)
	}
	fill(t, b, p.Pipeline, documents[:100], 10)                                    // messages 1 to 11
	at := promote(t, b, p, trained(t, "ftrl", features.Options{}, documents[:50])) // 12
	fill(t, b, p.Pipeline, documents[100:], 10)                                    // 13 to 33
	run(t, b, p, nil)
	build := func(at tidings.Position) (*pipeline.ModelVersion, error) {
		return eval.Rebuild(t.Context(), b, p, at, nil)
	}
	v, err := build(tidings.Position{Sequence: 4, Line: 6})
	if err != nil {
		t.Fatal(err)
	}
	want := trained(t, p.Model, p.Features, documents[:37])
	if v.Model.Digest() != want.Model.Digest() || v.DF.Digest() != want.DF.Digest() || v.Met.Count() != 37 || v.Origin.Position != "4/6" {
		t.Errorf("at 4/6: %+v", v.VersionHead)
	}
	whole := map[uint64][]byte{}
	for _, sequence := range []uint64{at.Sequence, 20, 33} {
		v, err := build(tidings.Position{Sequence: sequence, Line: ^uint32(0)})
		if err != nil {
			t.Fatal(err)
		}
		whole[sequence] = encodedVersion(t, v)
	}
	o := oracle(t, b, p, nil)
	if v, err := pipeline.DecodeVersion(whole[33]); err != nil || v.Model.Digest() != o.Model().Digest() || uint64(v.Chain) != o.Tally.Chain || v.VersionHead.Model != "ftrl" {
		t.Errorf("at the end: %+v, %v", v, err)
	}
	if err := b.Purge(t.Context(), p.Pipeline.LogStream().Name, at.Sequence); err != nil {
		t.Fatal(err)
	}
	for sequence, want := range whole {
		v, err := build(tidings.Position{Sequence: sequence, Line: ^uint32(0)})
		if err != nil || !bytes.Equal(encodedVersion(t, v), want) {
			t.Errorf("at %d, from a trimmed log, it is another one: %v", sequence, err)
		}
	}
	if _, err := build(tidings.Position{Sequence: 11}); err == nil || !strings.Contains(err.Error(), "begins at message 12, what was before is deleted, and no version took over") {
		t.Errorf("before the log begins: %v", err)
	}
	if _, err := build(tidings.Position{Sequence: 34}); err == nil || !strings.Contains(err.Error(), "messages 1 to 33") {
		t.Errorf("behind the log: %v", err)
	}
}

func encodedVersion(tb testing.TB, v *pipeline.ModelVersion) []byte {
	tb.Helper()
	data, err := v.Encode()
	if err != nil {
		tb.Fatal(fmt.Errorf("encode: %w", err))
	}
	return data
}
