package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Properties: a host has at most so many requests at once, begun an interval
// apart; one that is slow or busy does not hold another host's; who stops
// waiting leaves no trace.
func TestHostsAreAskedPolitely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts(2, time.Second)
		var mu sync.Mutex
		var begins []time.Duration
		now, most := 0, 0
		start := time.Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				leave, err := h.turn(context.Background(), "busy")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				begins = append(begins, time.Since(start))
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(5 * time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				leave()
				leave() // twice is once
			})
		}
		synctest.Wait()
		if leave, err := h.turn(context.Background(), "idle"); err != nil || time.Since(start) > 0 {
			t.Errorf("the idle host: %v after %s", err, time.Since(start))
		} else {
			leave()
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		if _, err := h.turn(ctx, "busy"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting was given up: %v", err)
		}
		cancel()
		all.Wait()
		if most != 2 {
			t.Errorf("%d at once, want 2", most)
		}
		for i := 1; i < len(begins); i++ {
			if begins[i]-begins[i-1] < time.Second {
				t.Errorf("begun at %v", begins)
			}
		}
		for i := range 3 * hostsRemembered {
			leave, err := h.turn(context.Background(), fmt.Sprint("host", i))
			if err != nil {
				t.Fatal(err)
			}
			leave()
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(h.of); n > hostsRemembered+1 {
			t.Errorf("%d hosts are remembered", n)
		}
	})
}

// Properties: a body that is being read holds its turn, a closed one does not.
func TestBodyHoldsItsTurn(t *testing.T) {
	var now, most atomic.Int64
	to := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		_, _ = w.Write(make([]byte, 8<<20))
	})
	c := client(t, Options{PerHost: 1})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, _, err := get(c, to, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n != 1 {
		t.Errorf("%d requests at once, want 1", n)
	}
}
