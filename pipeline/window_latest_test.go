package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline/topics"
)

// kept lets a projection run until the bucket has the newest of the windows that
// are published, and nothing else.
func kept(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, published []string) {
	t.Helper()
	want := map[string]string{}
	for _, line := range published {
		var l WindowLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		want[WindowKey(l.Definition, l.Key, l.Provisional)] = line // windows are published in their order
	}
	projecting, end := context.WithCancel(ctx)
	var projection sync.WaitGroup
	projection.Go(func() {
		if err := Project(projecting, b, plan, Shape{}); err != nil {
			t.Error(err)
		}
	})
	defer projection.Wait()
	defer end()
	for {
		entries, err := b.Entries(ctx, plan.Pipeline.WindowsBucket())
		if ctx.Err() != nil {
			t.Fatalf("the bucket never has what it should: %v", err)
		}
		same := 0
		for _, e := range entries {
			if want[e.Key] == string(e.Value) {
				same++
			}
		}
		if err == nil && same == len(want) && len(entries) == len(want) {
			return
		}
	}
}

// told is the line of a window that ends at an hour of 1970.
func told(hour int, revision uint64) *WindowLine {
	end := time.Unix(0, 0).UTC().Add(time.Duration(hour) * time.Hour)
	return &WindowLine{Pipeline: "p", Window: topics.Window{Definition: "tumbling:1h", Number: int64(hour), Start: end.Add(-time.Hour), End: end, Revision: revision, Documents: 1}}
}

// Properties, of projections that put windows under one key at the same time,
// each in order, from different beginnings on, some of them long behind:
//   - what stands there never becomes older;
//   - in the end the newest stands there.
func TestABucketNeverGoesBackToAnOlderWindow(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	random := brokertest.Random(t)
	const last = 120
	var writers sync.WaitGroup
	for range 4 {
		chance := rand.New(rand.NewPCG(random.Uint64(), 1))
		writers.Go(func() {
			mine, _, err := openLatest(ctx, b, "p")
			if err != nil {
				t.Error(err)
				return
			}
			key := WindowKey("tumbling:1h", "", false)
			for hour := 1 + chance.IntN(20); hour <= last; hour += 1 + chance.IntN(3)*chance.IntN(9) {
				if err := mine.store(ctx, key, told(hour, 0)); err != nil {
					t.Error(err)
					return
				}
				stands, err := b.KeyEntry(ctx, "p-windows", key)
				var l WindowLine
				if err != nil || json.Unmarshal(stands.Value, &l) != nil || l.Number < int64(hour) {
					t.Errorf("behind hour %d stands %s (%v)", hour, stands.Value, err)
					return
				}
			}
			if err := mine.store(ctx, key, told(last, 0)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	lines, err := LatestWindows(ctx, b, "p")
	if err != nil || len(lines) != 1 || lines[0].Number != last {
		t.Errorf("in the end %+v (%v)", lines, err)
	}
}

// Properties:
//   - of the results of one unit the newest is put, final and provisional ones
//     under keys of their own;
//   - what is older than what stands there, or equal, is not put again;
//   - a value that is no window is written over, and told by its key until then;
//   - beyond WindowKeysMax nothing further is kept, and what is there goes on.
func TestTheNewestResultsAreKept(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	open := func() *latestWindows {
		l, _, err := openLatest(ctx, b, "p")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	unnamed := func(context.Context, *WindowLine) error { return nil }
	put := func(l *latestWindows, lines ...WindowLine) {
		l.note(lines)
		if err := l.put(ctx, unnamed); err != nil {
			t.Fatal(err)
		}
	}
	provisional := *told(4, 2)
	provisional.Provisional = true
	put(open(), *told(3, 0), *told(2, 0), provisional)
	entries, err := b.Entries(ctx, "p-windows")
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries (%v)", len(entries), err)
	}
	before := entries
	put(open(), *told(1, 0), *told(3, 0), provisional)
	if entries, err = b.Entries(ctx, "p-windows"); err != nil || fmt.Sprint(entries) != fmt.Sprint(before) {
		t.Errorf("older ones change it (%v)", err)
	}
	key := WindowKey("tumbling:1h", "", false)
	if _, err := b.WriteKey(ctx, "p-windows", key, []byte("no window")); err != nil {
		t.Fatal(err)
	}
	if _, err := LatestWindows(ctx, b, "p"); err == nil || !strings.Contains(err.Error(), "final.tumbling_1h: no window stands there") {
		t.Errorf("a value that is none: %v", err)
	}
	put(open(), *told(5, 0))
	stands, err := b.KeyEntry(ctx, "p-windows", key)
	if err != nil || !bytes.Contains(stands.Value, []byte(`"number":5`)) {
		t.Errorf("then stands %s (%v)", stands.Value, err)
	}
	l := open()
	for i := range 2 * WindowKeysMax {
		l.known[fmt.Sprint(i)] = latestWindow{}
	}
	other := *told(9, 0)
	other.Key = "another"
	put(l, other, *told(6, 0))
	if entries, err = b.Entries(ctx, "p-windows"); err != nil || len(entries) != 2 {
		t.Errorf("%d entries (%v)", len(entries), err)
	}
}

// No two definitions and keys stand under one key, whatever they are, and each
// key is one that clients take.
func TestKeysOfTheBucketAreTheirOwn(t *testing.T) {
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a:b", "a_b", "a.b", "a b", "*", ">", "a=3Ab", "ä", ""}))
		definition, of, provisional := rapid.SampledFrom([]string{"tumbling:24h", "sliding:7d/24h", "tumbling:1h0m0.5s", "count:10"}).Draw(t, "definition"), text.Draw(t, "key"), rapid.Bool().Draw(t, "provisional")
		key, name := WindowKey(definition, of, provisional), fmt.Sprintf("%q %q %v", definition, of, provisional)
		if before, known := seen[key]; known && before != name {
			t.Fatalf("%s and %s stand under %s", before, name, key)
		}
		seen[key] = name
		for token := range strings.SplitSeq(key, ".") {
			if token == "" || strings.Trim(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/=") != "" {
				t.Fatalf("%s becomes %s", name, key)
			}
		}
	})
}
