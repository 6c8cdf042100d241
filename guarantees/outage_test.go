package guarantees_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties, of workers whose connections are cut, or whose server is stopped
// and started again, at random moments in the middle of their commits, 50 and
// more altogether, with answers that are lost before:
//   - a worker gets ErrUncertain, or broker.ErrNoBroker where it opens;
//   - opened again, the cursor is where the stored units end: never before what
//     was durable, sometimes behind it, for answers were lost;
//   - going on from there, no unit is lost and none comes twice.
func TestAnOutageLosesAndRepeatsNothing(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	s := brokertest.Serve(t)
	const workers, cuts = 5, 11
	works := make([]*cutOff, workers)
	var working sync.WaitGroup
	for i := range works {
		stream := fmt.Sprintf("s%d", i)
		brokertest.Stream(t, s.Broker, stream)
		w := &cutOff{t: t, stream: stream, wire: brokertest.NewWire(t, s.Address()), random: brokertest.Random(t)}
		w.broker = brokertest.Connect(t, w.wire.Address())
		if i == 0 {
			w.restart = func() { s.Stop(); s.Start() } // the others are hit unawares
		}
		works[i] = w
	}
	for _, w := range works {
		working.Go(func() { w.run(brokertest.Context(t), cuts) })
	}
	working.Wait()
	surprises, midway := 0, 0
	for _, w := range works {
		surprises, midway = surprises+w.surprises, midway+w.midway
		if cursor, fences := tiles(t, s.Broker, w.stream); cursor != w.durable {
			t.Errorf("%s: units are stored up to %d, durable up to %d", w.stream, cursor, w.durable)
		} else {
			t.Logf("%s: %d log messages in %d epochs", w.stream, cursor, fences)
		}
	}
	t.Logf("%d outages with units under way; %d times more was stored than the worker knew", midway, surprises)
	if surprises == 0 || midway < workers*cuts/2 {
		t.Errorf("answers were hardly ever lost: the test proves nothing")
	}
}

// cutOff is a worker and the wire that connects it.
type cutOff struct {
	t       *testing.T
	stream  string
	wire    *brokertest.Wire
	broker  *broker.Broker
	random  *rand.Rand
	restart func() // stops and starts the server; nil: the wire is cut

	durable           uint64
	surprises, midway int
}

func (w *cutOff) run(ctx context.Context, cuts int) {
	for cut := 0; cut <= cuts; cut++ {
		c, err := reopen(ctx, w.broker, w.stream)
		if err != nil {
			w.t.Error(err)
			return
		}
		if c.Cursor() < w.durable {
			w.t.Errorf("%s: the cursor is %d, up to %d it was durable", w.stream, c.Cursor(), w.durable)
		}
		if c.Cursor() > w.durable {
			w.surprises++
		}
		if cut < cuts {
			err = w.commitUntilCut(ctx, c)
		} else if err = errors.Join(commit(ctx, c, 1, "a"), c.Wait(ctx)); err == nil {
			w.durable = c.Cursor()
		}
		c.Close()
		if errors.Is(err, guarantees.ErrUncertain) && cut == cuts {
			cut-- // hit by the server's restart: try the last one again
		} else if err != nil && !errors.Is(err, guarantees.ErrUncertain) {
			w.t.Errorf("%s: %v", w.stream, err)
			return
		}
	}
}

// commitUntilCut commits units without waiting for most of them, until an
// outage that it makes itself, or another.
func (w *cutOff) commitUntilCut(ctx context.Context, c *guarantees.Committer) (err error) {
	var cutting sync.WaitGroup
	defer cutting.Wait()
	at, pause, deaf, restart := w.random.IntN(60), w.random.IntN(3000), w.random.IntN(2) == 0, w.random.IntN(4) == 0
	for i := 0; err == nil; i++ {
		if i == at {
			cutting.Go(func() {
				if deaf {
					w.wire.Deafen() // what is sent is stored, the answers are lost
				}
				for range pause {
					runtime.Gosched()
				}
				if restart && w.restart != nil {
					w.restart()
				}
				w.wire.Cut()
			})
		}
		before := c.Cursor()
		err = commit(ctx, c, 1+w.random.Uint64N(4), "a")
		if err == nil && i < at && w.random.IntN(10) == 0 {
			if err = c.Wait(ctx); err == nil {
				w.durable = c.Cursor()
			}
		}
		if err != nil && before > w.durable {
			w.midway++
		}
	}
	if again := c.Wait(ctx); !errors.Is(again, guarantees.ErrUncertain) {
		w.t.Errorf("%s: after %v, waiting gives %v", w.stream, err, again)
	}
	return err
}

// reopen opens the partition, as often as it takes.
func reopen(ctx context.Context, b *broker.Broker, stream string) (*guarantees.Committer, error) {
	for {
		c, err := guarantees.Open(ctx, b, partition(stream, "a"))
		if !errors.Is(err, broker.ErrNoBroker) {
			return c, err
		}
		if err := b.Await(ctx); err != nil {
			return nil, err
		}
	}
}

// Properties:
//   - who has nothing more to commit still learns that a commit failed.
func TestALostAnswerIsTold(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	wire := brokertest.NewWire(t, s.Address())
	b := brokertest.Connect(t, wire.Address())
	brokertest.Stream(t, b, "s")
	ctx := brokertest.Context(t)
	c, err := reopen(ctx, b, "s")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	c.OnFailure(func() { close(told) })
	wire.Deafen()
	if err := commit(ctx, c, 1, "a"); err != nil {
		t.Fatal(err)
	}
	wire.Cut()
	select {
	case <-told:
	case <-ctx.Done():
		t.Fatal("nobody was told")
	}
	c.Close()
}
