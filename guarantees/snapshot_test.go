package guarantees_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties: what is saved is listed by part, the newest first, with its places,
// and loads again; where there is no bucket there are none.
func TestSnapshotsAreKept(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	s := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: "p-snap"}}
	if all, err := s.List(ctx); err != nil || len(all) > 0 {
		t.Fatalf("before there is a bucket: %v, %v", all, err)
	}
	var want []guarantees.Snapshot
	large := bytes.Repeat([]byte("0123456789"), 300_000) // several chunks
	for _, at := range []uint64{3, 200, 10} {
		snapshot := guarantees.Snapshot{Part: "df/0", At: at, Documents: 2 * at, Places: map[string]guarantees.Place{"p-tok-0": {At: at - 1, Next: at}}}
		if err := s.Save(ctx, snapshot, append(large, fmt.Sprint(at)...)); err != nil {
			t.Fatal(err)
		}
		want = append(want, snapshot)
	}
	if err := s.Save(ctx, guarantees.Snapshot{Part: "classify", At: 7}, nil); err != nil {
		t.Fatal(err)
	}
	all, err := s.List(ctx)
	if err != nil || len(all) != 2 || len(all["classify"]) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	slices.SortFunc(want, func(a, b guarantees.Snapshot) int { return int(b.At) - int(a.At) })
	for i, got := range all["df/0"] {
		if fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("snapshot %d is %v, want %v", i, got, want[i])
		}
		if data, err := s.Load(ctx, got); err != nil || !bytes.Equal(data, append(large, fmt.Sprint(got.At)...)) {
			t.Errorf("snapshot %v: %d bytes, %v", got, len(data), err)
		}
	}
	if _, err := s.Load(ctx, guarantees.Snapshot{Part: "df/0", At: 4}); !errors.Is(err, broker.ErrEmpty) {
		t.Errorf("loading what is not there: %v", err)
	}
}

// Properties: an object of somebody else's is an error that says which, and that
// the bucket can be deleted.
func TestAForeignObjectIsToldOf(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	for i, o := range []broker.Object{
		{Name: "photo.jpg"},
		{Name: "df/0@7", Meta: map[string]string{"tidings-snapshot": "no JSON"}},
		{Name: "df/0@7", Meta: map[string]string{"tidings-snapshot": `{"part":"df/0","at":8}`}},
	} {
		s := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: fmt.Sprintf("p%d-snap", i)}}
		if err := b.PutObject(ctx, fmt.Sprintf("p%d-snap", i), o, []byte("x")); err != nil {
			t.Fatal(err)
		}
		_, err := s.List(ctx)
		for _, say := range []string{s.Store.String(), o.Name, "no snapshot of this program", "delete it"} {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("error %v, want one that says %q", err, say)
			}
		}
	}
}

// Properties, of snapshots at random places and the cursor of the slowest who
// could go back to one:
//   - what is ahead of the cursor stays, and two behind it;
//   - the oldest that stays is told, or none where fewer than two are behind, for
//     who goes back then may need the beginning.
func TestSweepingKeepsWhatTheSlowestNeeds(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	buckets := 0
	rapid.Check(t, func(rt *rapid.T) {
		buckets++
		s := guarantees.Snapshots{Store: guarantees.Objects{Broker: b, Bucket: fmt.Sprintf("p%d-snap", buckets)}}
		places := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 50), 0, 6, rapid.ID).Draw(rt, "places")
		cursor := rapid.Uint64Range(0, 60).Draw(rt, "cursor")
		for _, at := range places {
			if err := s.Save(ctx, guarantees.Snapshot{Part: "df/0", At: at}, []byte("x")); err != nil {
				rt.Fatal(err)
			}
		}
		slices.Sort(places)
		slices.Reverse(places)
		var want []uint64
		behind := 0
		for _, at := range places {
			if at <= cursor {
				behind++
			}
			if behind <= 2 {
				want = append(want, at)
			}
		}
		all, err := s.List(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		oldest, err := s.Sweep(ctx, all["df/0"], cursor)
		if err != nil {
			rt.Fatal(err)
		}
		if all, err = s.List(ctx); err != nil {
			rt.Fatal(err)
		}
		var got []uint64
		for _, snapshot := range all["df/0"] {
			got = append(got, snapshot.At)
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("of %v behind cursor %d stay %v, want %v", places, cursor, got, want)
		}
		if behind < 2 && oldest.At != 0 || behind >= 2 && oldest.At != want[len(want)-1] {
			rt.Fatalf("of %v behind cursor %d the oldest that is needed is %d", want, cursor, oldest.At)
		}
	})
}
