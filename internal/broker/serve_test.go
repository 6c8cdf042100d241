package broker_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties, of a subject that several serve:
//   - each message is handled once, by one of the group, and its answer comes
//     back; who does not ask is handled too;
//   - who asks when nobody serves is told at once;
//   - Stop hands over what has come, and nothing after it.
func TestAServedSubject(t *testing.T) {
	brokertest.NoLeaks(t)
	ctx := brokertest.Context(t)
	s := brokertest.Serve(t)
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request("asked", nil, time.Minute); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("asking nobody: %v", err)
	}
	const messages = 500
	var mu sync.Mutex
	seen := map[string]int{}
	mute := 0
	handle := func(m broker.Message) {
		mu.Lock()
		defer mu.Unlock()
		seen[string(m.Data)]++
		if !m.Asks() {
			mute++
		} else if err := m.Answer(append([]byte("re: "), m.Data...)); err != nil {
			t.Error(err)
		}
	}
	var services []*broker.Service
	for range 3 {
		service, err := brokertest.Connect(t, s.Address()).Serve(ctx, "asked", "group", handle)
		if err != nil {
			t.Fatal(err)
		}
		services = append(services, service)
	}
	for i := range messages {
		data := fmt.Appendf(nil, "%d", i)
		if i%2 == 0 {
			if err := nc.Publish("asked", data); err != nil {
				t.Fatal(err)
			}
			continue
		}
		answer, err := nc.Request("asked", data, brokertest.Patience)
		if err != nil || !bytes.Equal(answer.Data, append([]byte("re: "), data...)) {
			t.Fatalf("answer to %d: %v (%v)", i, answer, err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, service := range services {
		if err := service.Stop(ctx); err != nil {
			t.Error(err)
		}
		if service.Lost() > 0 {
			t.Errorf("%d messages were lost", service.Lost())
		}
		if err := service.Stop(ctx); err != nil {
			t.Errorf("stopping again: %v", err)
		}
	}
	if len(seen) != messages || mute != messages/2 {
		t.Errorf("%d messages of %d were handled, %d of them of somebody who does not ask", len(seen), messages, mute)
	}
	for data, n := range seen {
		if n != 1 {
			t.Errorf("message %s was handled %d times", data, n)
		}
	}
	if _, err := nc.Request("asked", nil, time.Minute); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("asking those who stopped: %v", err)
	}
}

// Properties, of a broker that goes away and comes back:
//   - Connected says so; the subject is served again.
func TestAServedSubjectOutlivesAnOutage(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	ctx := brokertest.Context(t)
	s := brokertest.Serve(t)
	b := brokertest.Connect(t, s.Address())
	service, err := b.Serve(ctx, "asked", "", func(m broker.Message) { _ = m.Answer(m.Data) })
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	for b.Connected() && ctx.Err() == nil {
	}
	if err := b.Flush(ctx); !errors.Is(err, broker.ErrNoBroker) {
		t.Errorf("flushing to nobody: %v", err)
	}
	s.Start()
	if err := b.Await(ctx); err != nil || !b.Connected() {
		t.Errorf("connected again: %t (%v)", b.Connected(), err)
	}
	nc, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for {
		answer, err := nc.Request("asked", []byte("x"), time.Second)
		if err == nil && string(answer.Data) == "x" {
			break
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	if err := service.Stop(ctx); err != nil {
		t.Error(err)
	}
}
