package state_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tidings/internal/state"
	"tidings/internal/state/redistest"
)

func counted(m map[uint64]uint32) *state.Counted {
	return &state.Counted{Terms: uint64(len(m)), All: maps.All(m)}
}

func started(t *testing.T, r *state.Redis, partition int, epoch uint64) *state.Counts {
	t.Helper()
	c := r.Counts(partition)
	if _, _, err := c.Open(t.Context(), epoch, fmt.Sprintf("worker %d", epoch)); err != nil {
		t.Fatal(err)
	}
	return c
}

func move(t *testing.T, c *state.Counts, cursor uint64, counts map[uint64]uint32, instead *state.Counted) error {
	t.Helper()
	at := c.Place()
	if instead != nil {
		at.Terms = instead.Terms
	}
	m := state.Change{To: state.Place{Cursor: cursor, Documents: 2 * cursor, Digest: ^cursor, Dropped: 3}, Instead: instead}
	known := make([]uint32, 1)
	for _, term := range slices.Sorted(maps.Keys(counts)) {
		if instead == nil {
			if err := c.Read(t.Context(), []uint64{term}, known); err != nil {
				return err
			}
		}
		if known[0] == 0 {
			at.Terms++
		}
		m.Terms, m.Counts = append(m.Terms, term), append(m.Counts, counts[term])
	}
	m.To.Terms = at.Terms
	return c.Move(t.Context(), m)
}

// Properties, of random changes, replacements and reopenings against a map: what
// is read is what was last moved, the place is that of the last change, and a
// copy is what stood there when it was made.
func TestCountsAreAMap(t *testing.T) {
	r := open(t, redistest.Start(t), state.Options{Pipeline: "p", Identity: "one"})
	partition := 0
	rapid.Check(t, func(rt *rapid.T) {
		partition++
		epoch := uint64(1)
		c := started(t, r, partition, epoch)
		model, cursor, found := map[uint64]uint32{}, uint64(0), false
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			some := rapid.MapOfN(rapid.Uint64Range(0, 50), rapid.Uint32Range(1, 1<<31), 0, 20).Draw(rt, "counts")
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				epoch++
				c = r.Counts(partition)
				at, was, err := c.Open(t.Context(), epoch, "next")
				if err != nil || was != found || at.Cursor != cursor || at.Terms != uint64(len(model)) || found && (at.Documents != 2*cursor || at.Digest != ^cursor || at.Dropped != 3) {
					rt.Fatalf("opened at %+v, %v, %v; want %d", at, was, err, cursor)
				}
			case 1:
				base := rapid.MapOfN(rapid.Uint64Range(0, 5000), rapid.Uint32Range(1, 9), 0, 6000).Draw(rt, "instead")
				model = maps.Clone(base)
				for term := range some {
					delete(base, term)
					delete(model, term)
				}
				cursor, found = cursor+1, true
				if err := move(t, c, cursor, some, counted(base)); err != nil {
					rt.Fatal(err)
				}
				maps.Copy(model, some)
			default:
				if !found {
					continue // they begin with a replacement
				}
				cursor++
				if err := move(t, c, cursor, some, nil); err != nil {
					rt.Fatal(err)
				}
				maps.Copy(model, some)
			}
		}
		terms := make([]uint64, 5001)
		for i := range terms {
			terms[i] = uint64(i)
		}
		got := make([]uint32, len(terms))
		if err := c.Read(t.Context(), terms, got); err != nil {
			rt.Fatal(err)
		}
		for i, term := range terms {
			if got[i] != model[term] {
				rt.Fatalf("term %d has %d, want %d", term, got[i], model[term])
			}
		}
		if err := c.Copy(t.Context()); err != nil {
			rt.Fatal(err)
		}
		want := maps.Clone(model)
		if found {
			if err := move(t, c, cursor+1, map[uint64]uint32{1: 77, 9999: 1}, nil); err != nil {
				rt.Fatal(err)
			}
		}
		copied := map[uint64]uint32{}
		if err := c.Copied(t.Context(), func(term uint64, count uint32) { copied[term] = count }); err != nil || !maps.Equal(copied, want) {
			rt.Fatalf("%d copied, want %d: %v", len(copied), len(want), err)
		}
	})
}

// Properties, of a worker that was replaced: it moves nothing and reads nothing,
// and is told by whom; one with a lower epoch cannot open.
func TestAZombieMovesNoCounts(t *testing.T) {
	r := open(t, redistest.Start(t), state.Options{Pipeline: "p", Identity: "one"})
	zombie := started(t, r, 0, 4)
	if err := move(t, zombie, 1, nil, counted(map[uint64]uint32{7: 1})); err != nil {
		t.Fatal(err)
	}
	owner := started(t, r, 0, 6)
	if err := zombie.Move(t.Context(), state.Change{To: state.Place{Cursor: 2, Terms: 1}, Terms: []uint64{7}, Counts: []uint32{2}}); !errors.Is(err, state.ErrFenced) || !strings.Contains(err.Error(), "worker 6") {
		t.Errorf("it moves: %v", err)
	}
	if err := zombie.Move(t.Context(), state.Change{To: state.Place{Cursor: 2}, Instead: counted(nil)}); !errors.Is(err, state.ErrFenced) {
		t.Errorf("it replaces: %v", err)
	}
	got := make([]uint32, 1)
	if err := zombie.Read(t.Context(), []uint64{7}, got); !errors.Is(err, state.ErrFenced) {
		t.Errorf("it reads: %v", err)
	}
	if err := zombie.Copy(t.Context()); !errors.Is(err, state.ErrFenced) {
		t.Errorf("it copies: %v", err)
	}
	if _, _, err := r.Counts(0).Open(t.Context(), 5, "worker 5"); !errors.Is(err, state.ErrFenced) {
		t.Errorf("one between opens: %v", err)
	}
	if err := owner.Read(t.Context(), []uint64{7}, got); err != nil || got[0] != 1 {
		t.Errorf("the owner reads %d: %v", got[0], err)
	}
}

// Properties, of a Redis that is killed and comes back: with what it had, the
// work goes on where it was, and people are told of the wait once; emptied, or
// with counts missing, it is told that it is not what was left, before anything is
// read or moved.
func TestARedisThatComesBackIsLookedAt(t *testing.T) {
	tests := map[string]struct {
		after func(t *testing.T, s *redistest.Server)
		want  error
	}{
		"with all": {func(*testing.T, *redistest.Server) {}, nil},
		"empty":    {func(t *testing.T, s *redistest.Server) { s.Empty(t) }, state.ErrMoved},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := redistest.New(t, "--appendonly", "yes", "--appendfsync", "always")
			var told notices
			r := open(t, s.URL, state.Options{Pipeline: "p", Identity: "one", Notice: told.add})
			c := started(t, r, 0, 1)
			if err := move(t, c, 1, nil, counted(map[uint64]uint32{7: 1, 8: 2})); err != nil {
				t.Fatal(err)
			}
			s.Kill(t)
			tt.after(t, s)
			var both sync.WaitGroup
			var read, moved error
			got := make([]uint32, 1)
			both.Go(func() { read = c.Read(t.Context(), []uint64{8}, got) })
			both.Go(func() {
				moved = c.Move(t.Context(), state.Change{To: state.Place{Cursor: 2, Terms: 2}, Terms: []uint64{7}, Counts: []uint32{5}})
			})
			told.await(t, "no Redis answers")
			s.Run(t)
			both.Wait()
			if !errors.Is(read, tt.want) || !errors.Is(moved, tt.want) || tt.want == nil && (got[0] != 2 || read != nil || moved != nil) {
				t.Errorf("read %v, moved %v", read, moved)
			}
			told.await(t, "answers; the work goes on")
			if n := told.count("no Redis answers"); n != 1 {
				t.Errorf("told %d times", n)
			}
		})
	}
}

// Properties, of counts of which somebody deletes some, or of which the last
// changes are lost: told before anything is read or moved, and when they are
// opened.
func TestMissingCountsAreSeen(t *testing.T) {
	url := redistest.Start(t)
	raw := redistest.Client(t, url)
	r := open(t, url, state.Options{Pipeline: "p", Identity: "one"})
	got := make([]uint32, 1)
	for i, damage := range [][]any{
		{"HDEL", "tidings:{p}:df:%d:1.1", string([]byte{8, 0, 0, 0, 0, 0, 0, 0})},
		{"DEL", "tidings:{p}:df:%d:1.1"},
		{"HSET", "tidings:{p}:df:%d", "change", "0"},
		{"DEL", "tidings:{p}:df:%d"},
	} {
		c := started(t, r, i, 1)
		if err := move(t, c, 1, nil, counted(map[uint64]uint32{7: 1, 8: 2})); err != nil {
			t.Fatal(err)
		}
		damage[1] = fmt.Sprintf(damage[1].(string), i)
		raw.Do(t, damage...)
		if err := c.Read(t.Context(), []uint64{7}, got); !errors.Is(err, state.ErrMoved) {
			t.Errorf("%v: read %v", damage, err)
		}
		if err := c.Move(t.Context(), state.Change{To: state.Place{Cursor: 2, Terms: 2}}); !errors.Is(err, state.ErrMoved) {
			t.Errorf("%v: moved %v", damage, err)
		}
		_, found, err := r.Counts(i).Open(t.Context(), 2, "next")
		if i < 2 && !errors.Is(err, state.ErrDamaged) || i == 3 && (found || err != nil) {
			t.Errorf("%v: opened %v, %v", damage, found, err)
		}
	}
}

// Properties, of a Redis that must not hold state: the error says why and what to
// do, comes at once, holds no password, and nothing was written.
func TestARedisThatCannotHoldStateIsRefused(t *testing.T) {
	const secret = "geheim"
	primary := redistest.Start(t)
	foreign := redistest.Start(t)
	open(t, foreign, state.Options{Pipeline: "p", Identity: "another"})
	other := redistest.Start(t)
	redistest.Client(t, other).Do(t, "RPUSH", "tidings:{p}", "a list")
	locked := redistest.Start(t, "--requirepass", secret)
	tests := map[string]struct {
		url  string
		want error
		says string
	}{
		"evicts":         {redistest.Start(t, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"), state.ErrUnfit, "set maxmemory-policy noeviction"},
		"evicts some":    {redistest.Start(t, "--maxmemory-policy", "volatile-ttl"), state.ErrUnfit, "forgets counts without a word"},
		"replica":        {redistest.Start(t, "--replicaof", "127.0.0.1 1"), state.ErrUnfit, "takes no writes; name the primary"},
		"foreign":        {foreign, state.ErrForeign, "name another prefix"},
		"no pipeline's":  {other, state.ErrForeign, "name another prefix"},
		"no password":    {locked, state.ErrCredentials, ""},
		"wrong password": {strings.Replace(locked, "unix://", "unix://default:wrong"+secret+"@", 1), state.ErrCredentials, ""},
		"no TLS":         {"redis://u:" + secret + "zz%zz@h", state.ErrURL, ""},
		"bad prefix":     {primary + "?prefix=a%20b", state.ErrURL, "letters"},
		"unknown option": {primary + "?" + secret + "=1", state.ErrURL, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := state.OpenRedis(t.Context(), tt.url, state.Options{Pipeline: "p", Identity: "one"})
			if err == nil {
				err = errors.Join(errors.New("it is taken"), r.Close())
			}
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), secret) {
				t.Errorf("%v", err)
			}
		})
	}
	open(t, foreign+"?prefix=mine", state.Options{Pipeline: "p", Identity: "one"})
	open(t, strings.Replace(locked, "unix://", "unix://default:"+secret+"@", 1), state.Options{Pipeline: "p", Identity: "one"})
}

// Properties, of a Redis that answers and takes no writes: reads and moves wait,
// people are told why, and when it takes them again all goes on.
func TestARedisThatTakesNoWritesIsWaitedFor(t *testing.T) {
	url := redistest.Start(t)
	raw := redistest.Client(t, url)
	tests := map[string]struct {
		begin, end []any
		says       string
	}{
		"full":    {[]any{"CONFIG", "SET", "maxmemory", "1"}, []any{"CONFIG", "SET", "maxmemory", "0"}, "raise its maxmemory"},
		"replica": {[]any{"REPLICAOF", "127.0.0.1", "1"}, []any{"REPLICAOF", "NO", "ONE"}, "it has become a replica"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var told notices
			r := open(t, url, state.Options{Pipeline: name, Identity: "one", Notice: told.add})
			c := started(t, r, 0, 1)
			if err := move(t, c, 1, nil, counted(map[uint64]uint32{7: 1, 8: 2})); err != nil {
				t.Fatal(err)
			}
			raw.Do(t, tt.begin...)
			var both sync.WaitGroup
			var read, moved error
			got := make([]uint32, 1)
			both.Go(func() { read = c.Read(t.Context(), []uint64{8}, got) })
			both.Go(func() {
				moved = c.Move(t.Context(), state.Change{To: state.Place{Cursor: 2, Terms: 2}, Terms: []uint64{7}, Counts: []uint32{5}})
			})
			told.await(t, tt.says)
			raw.Do(t, tt.end...)
			both.Wait()
			if read != nil || moved != nil || got[0] != 2 {
				t.Errorf("read %d, %v; moved %v", got[0], read, moved)
			}
			told.await(t, "the work goes on")
		})
	}
}

// Properties: what is not there yet is waited for, and said once; a context ends
// that, and nothing is left running.
func TestARedisThatIsNotThereIsWaitedFor(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := redistest.New(t)
	s.Kill(t)
	var told notices
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error)
	go func() {
		r, err := state.OpenRedis(ctx, s.URL, state.Options{Pipeline: "p", Identity: "one", Notice: told.add})
		if err == nil {
			err = r.Close()
		}
		opened <- err
	}()
	told.await(t, "no Redis answers")
	s.Run(t)
	if err := <-opened; err != nil {
		t.Error(err)
	}
	told.await(t, "the work goes on")
	s.Kill(t)
	go func() {
		_, err := state.OpenRedis(ctx, s.URL, state.Options{Pipeline: "p", Identity: "one", Notice: told.add})
		opened <- err
	}()
	told.await(t, "no Redis answers")
	cancel()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Properties: the keys of a pipeline that ends with its process go with it, and
// those of others stay.
func TestABriefPipelineTakesItsKeysAlong(t *testing.T) {
	url := redistest.Start(t)
	open(t, url, state.Options{Pipeline: "p", Identity: "stays"})
	raw := redistest.Client(t, url)
	before := raw.Keys(t)
	r, err := state.OpenRedis(t.Context(), url, state.Options{Pipeline: "p", Identity: "brief", Brief: true})
	if err != nil {
		t.Fatal(err)
	}
	c := started(t, r, 0, 1)
	if err := errors.Join(move(t, c, 1, nil, counted(map[uint64]uint32{1: 1})), r.Blobs().Put(t.Context(), "x", "", make([]byte, 100))); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if after := raw.Keys(t); !slices.Equal(before, after) {
		t.Errorf("%v became %v", before, after)
	}
}

// notices are what people were told.
type notices struct {
	mu  sync.Mutex
	all []string
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, text)
}

func (n *notices) count(text string) (times int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, told := range n.all {
		if strings.Contains(told, text) {
			times++
		}
	}
	return times
}

func (n *notices) await(t *testing.T, text string) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(2 * time.Minute); n.count(text) == 0; <-look.C {
		if time.Now().After(deadline) {
			t.Fatalf("nobody says %q but %q", text, n.all)
		}
	}
}
