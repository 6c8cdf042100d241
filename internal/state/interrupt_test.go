package state_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"tidings/internal/state"
	"tidings/internal/state/redistest"
)

// Properties, of a Redis that takes requests and answers none: each kind of request
// ends soon when nobody waits for it any more, and one that is wanted still is
// answered when the Redis answers again.
func TestAHangingRedisHoldsNobodyUpWhoLeaves(t *testing.T) {
	var hang sync.RWMutex
	goOn := sync.OnceFunc(hang.Unlock)
	url := redistest.Between(t, redistest.Start(t), func() {
		hang.RLock()
		defer hang.RUnlock()
	})
	r, err := state.OpenRedis(t.Context(), url, state.Options{Pipeline: "p", Identity: "i"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := started(t, r, 0, 1)
	if err := move(t, c, 1, map[uint64]uint32{7: 1}, nil); err != nil {
		t.Fatal(err)
	}
	other := started(t, r, 1, 1)
	hang.Lock()
	defer goOn()
	wanted := make(chan error, 1)
	go func() { wanted <- other.Read(t.Context(), []uint64{1}, make([]uint32, 1)) }()
	for name, ask := range map[string]func(ctx context.Context) error{
		"read": func(ctx context.Context) error { return c.Read(ctx, []uint64{7}, make([]uint32, 1)) },
		"move": func(ctx context.Context) error { return c.Move(ctx, state.Change{To: c.Place()}) },
		"copy": c.Copy,
		"save": func(ctx context.Context) error { return r.Blobs().Put(ctx, "name", "{}", []byte("data")) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		leaving, leave := context.WithCancel(context.WithoutCancel(ctx)) // without a deadline
		stop := context.AfterFunc(ctx, leave)
		began := time.Now()
		if err := ask(leaving); err == nil {
			t.Errorf("%s: no error", name)
		}
		if took := time.Since(began); took > 20*time.Second { // an answer is waited for longer
			t.Errorf("%s took %v", name, took)
		}
		stop()
		cancel()
		leave()
	}
	goOn()
	if err := <-wanted; err != nil {
		t.Errorf("a request that is wanted still: %v", err)
	}
}
