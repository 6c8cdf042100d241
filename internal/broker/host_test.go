package broker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties, of an embedded server that others reach or do not, stopped and
// started again in place, and of a connection that is cut:
//   - the address stays, and what was stored is there;
//   - the same connection appends and reads on;
//   - a reader that was open reads on, and nothing is missing or comes twice.
func TestAServerRestartsUnderItsConnection(t *testing.T) {
	for name, listen := range map[string]string{"within the process": "", "with a port": "127.0.0.1:0"} {
		for what, disturb := range map[string]func(*broker.Broker) error{
			"restart":    func(b *broker.Broker) error { return b.Restart(t.Context()) },
			"disconnect": func(b *broker.Broker) error { return b.Disconnect(t.Context()) },
		} {
			t.Run(name+"/"+what, func(t *testing.T) {
				brokertest.NoLeaks(t, brokertest.Restarts()...)
				b := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), Listen: listen})
				brokertest.Stream(t, b, "s")
				ctx := brokertest.Context(t)
				r, err := b.Read(ctx, "s", 1, broker.ReaderOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				url := b.URL()
				for round := range 3 {
					a := b.Appender("s", uint64(round*10))
					for i := range 10 {
						if err := a.Append("s", nil, fmt.Append(nil, round*10+i+1)); err != nil {
							t.Fatal(err)
						}
					}
					if err := a.Wait(ctx); err != nil {
						t.Fatal(err)
					}
					a.Close()
					if err := disturb(b); err != nil {
						t.Fatal(err)
					}
				}
				for want := uint64(1); want <= 30; {
					records, err := r.Next(ctx)
					if err != nil {
						t.Fatal(err)
					}
					for _, record := range records {
						if record.Sequence != want || string(record.Data) != fmt.Sprint(want) {
							t.Fatalf("record %d holds %q, want %d", record.Sequence, record.Data, want)
						}
						want++
					}
				}
				if b.URL() != url || (listen == "") != (url == "") {
					t.Errorf("it is at %q, it was at %q", b.URL(), url)
				}
			})
		}
	}
}

func TestAServerElsewhereIsNotRestartedButCanBeLeft(t *testing.T) {
	s := brokertest.Serve(t)
	b := brokertest.Connect(t, s.Address())
	brokertest.Stream(t, s.Broker, "s")
	if err := b.Restart(t.Context()); !errors.Is(err, broker.ErrElsewhere) || !strings.Contains(err.Error(), s.Address()) {
		t.Error(err)
	}
	if err := b.Disconnect(brokertest.Context(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.LastSequence(brokertest.Context(t), "s"); err != nil {
		t.Error(err)
	}
}

// Properties: answers of a slow store come one after the other, and all come.
func TestASlowStoreAnswersLate(t *testing.T) {
	b := brokertest.Embed(t)
	brokertest.Stream(t, b, "s")
	a := b.Appender("s", 0)
	defer a.Close()
	var answered int
	step := make(chan struct{})
	a.Slow(func() { <-step; answered++ })
	for range 5 {
		if err := a.Append("s", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		step <- struct{}{}
	}
	if err := a.Wait(brokertest.Context(t)); err != nil || answered != 5 {
		t.Errorf("%d answered, %v", answered, err)
	}
}

func TestValuesOfABucketByPattern(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	if all, err := b.Values(ctx, "none", ">"); err != nil || len(all) > 0 {
		t.Errorf("a bucket that is not there: %v, %v", all, err)
	}
	for _, key := range []string{"fault.1.df.0", "fault.2.df.0", "plan"} {
		if err := b.CreateKey(ctx, "meta", key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	all, err := b.Values(ctx, "meta", "fault.>")
	if err != nil || len(all) != 2 || string(all["fault.2.df.0"]) != "fault.2.df.0" {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := b.Values(ctx, "meta", "other.>"); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
}
