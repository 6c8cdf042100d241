package features

import (
	"bytes"
	"testing"
)

func TestDFTakesNoTermBeyondItsLimitAndCountsThem(t *testing.T) {
	df := DF{table: table{limit: 10}}
	hash := func(i int) uint64 { return mix(uint64(i) + 1) }
	for round := range 3 {
		for i := range 5000 {
			slot := df.Resolve(nil, []uint64{hash(i)})[0]
			want := uint32(1)
			if i < 10 {
				want = uint32(round + 1)
			}
			if got := df.Observe(slot); got != want {
				t.Fatalf("round %d, term %d: df %d, want %d", round, i, got, want)
			}
		}
	}
	if df.Len() != 10 || df.Dropped() != 3*4990 || df.Lookup(hash(10)) != 0 {
		t.Errorf("%d terms, %d dropped", df.Len(), df.Dropped())
	}
	var file bytes.Buffer
	if err := df.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadDF(&file)
	if err != nil || loaded.Dropped() != df.Dropped() || loaded.Digest() != df.Digest() {
		t.Errorf("loaded %v, %v", loaded, err)
	}
}

func TestDFMakesRoomByForgettingWhatNobodyObserved(t *testing.T) {
	df := DF{table: table{limit: 10}}
	for i := range 100 {
		df.Resolve(nil, []uint64{mix(uint64(i) + 1)})
	}
	for i := range 10 {
		if got := df.Observe(df.Resolve(nil, []uint64{mix(uint64(i) + 1000)})[0]); got != 1 || df.Dropped() > 0 {
			t.Fatalf("df %d, %d dropped", got, df.Dropped())
		}
	}
	if df.Len() != 10 {
		t.Errorf("%d terms", df.Len())
	}
}

func TestDFStaysAtTheHighestCount(t *testing.T) {
	var df DF
	slot := df.Resolve(nil, []uint64{7})[0]
	df.Observe(slot)
	df.slots[slot].count = ^uint32(0) - 1
	for range 3 {
		slot := df.Resolve(nil, []uint64{7})[0]
		if got := df.Observe(slot); got != ^uint32(0) {
			t.Errorf("df %d", got)
		}
	}
	var dict Dictionary
	dict.Add([]byte("x"))
	dict.hashes[0] = 7
	if got := df.Peek(nil, &dict, []TermCount{{Ref: 0, Count: 1}}); got[0] != ^uint32(0) {
		t.Errorf("Peek says %d", got[0])
	}
}

func TestStampsSurviveTheirOverflow(t *testing.T) {
	tokenizer, dict := NewTokenizer(Options{}), Dictionary{}
	for _, stamp := range []uint32{0, ^uint32(0) - 1} {
		tokenizer.doc, dict.epoch = stamp, stamp
		for range 4 {
			dict.Reset()
			got, err := tokenizer.Append(nil, &dict, nil, []byte("a b a"))
			if err != nil || len(got) != 2 || got[0].Count != 2 || dict.Len() != 2 {
				t.Errorf("after stamp %d: %v, %v", stamp, got, err)
			}
		}
	}
}
