package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	// trialAgeMax is how old a trial's stream can be while the trial runs; an
	// older one was left behind by a process that was killed.
	trialAgeMax = 10 * time.Minute
	// trialTidyTime is how long a trial that is interrupted takes to tidy up.
	trialTidyTime = 5 * time.Second
	clockSamples  = 5
)

// Trial is what came of trying everything that a pipeline does with its
// streams.
type Trial struct {
	Steps []TrialStep // in order, up to the first that failed
	Clock ClockOffset
	Left  []string // streams that could not be removed again
}

// TrialStep is one thing that was tried.
type TrialStep struct {
	What string // "publish"
	Took time.Duration
	Err  error // ErrDenied, ErrFull, ErrNoBroker...
}

// Err is the error of the step that failed, nil when all went well.
func (t Trial) Err() error {
	if n := len(t.Steps); n > 0 {
		return t.Steps[n-1].Err
	}
	return nil
}

// ClockOffset is how far the server's clock is ahead of this machine's: it
// lies between Least and Most. Known is false when it was not measured.
type ClockOffset struct {
	Least, Most time.Duration
	Known       bool
}

// narrow takes one more measurement into account: the server's clock stood at
// t somewhere between began and ended.
func (c *ClockOffset) narrow(began, ended, t time.Time) {
	least, most := t.Sub(ended), t.Sub(began)
	if !c.Known || most-least < c.Most-c.Least {
		*c = ClockOffset{Least: least, Most: most, Known: true}
	}
}

// Try makes a stream and a bucket whose names and subjects begin with a
// prefix, publishes, reads and consumes there, and removes them again, also
// when ctx ends meanwhile. It begins with removing what is not there: who may
// not remove gets an error before anything is made. What an earlier trial that
// was killed has left behind is removed too.
func (b *Broker) Try(ctx context.Context, prefix string) (t Trial) {
	id := nuid.Next()
	stream, subject := prefix+"-doctor-"+id, prefix+".doctor."+id
	step := func(ctx context.Context, what string, f func(context.Context) error) bool {
		began := time.Now()
		asking, done := b.undenied(ctx)
		err := done(f(asking))
		t.Steps = append(t.Steps, TrialStep{What: what, Took: time.Since(began), Err: err})
		return err == nil
	}
	do := func(what string, f func(context.Context) error) bool { return step(ctx, what, f) }
	// What makes something is waited for even when ctx ends: the server works on
	// several requests at once, so a removal could overtake it.
	finish := func(what string, f func(context.Context) error) bool {
		if ctx.Err() != nil {
			return do(what, func(ctx context.Context) error { return ctx.Err() })
		}
		making, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialTidyTime)
		defer cancel()
		return step(making, what, f)
	}
	b.removeOldTrials(ctx, prefix)
	if !do("remove streams", func(ctx context.Context) error { return b.removeStream(ctx, stream) }) {
		return t
	}
	defer func() {
		tidying, cancel := context.WithTimeout(context.WithoutCancel(ctx), trialTidyTime)
		defer cancel()
		for _, name := range []string{stream, "KV_" + stream} {
			if b.removeStream(tidying, name) != nil {
				t.Left = append(t.Left, name)
			}
		}
	}()
	var record Record
	_ = finish("make streams", func(ctx context.Context) error {
		return b.CreateStream(ctx, Stream{Name: stream, Subjects: []string{subject}, Description: "tried by classify doctor; it can be removed"})
	}) && do("ask for streams", func(ctx context.Context) (err error) {
		t.Clock, err = b.clock(ctx, stream)
		return err
	}) && do("publish", func(ctx context.Context) error {
		_, err := b.Put(ctx, stream, subject, "", 0, nil, []byte("tried"))
		return err
	}) && do("read the last record", func(ctx context.Context) (err error) {
		record, err = b.Last(ctx, stream, subject)
		return err
	}) && do("consume", func(ctx context.Context) error {
		return b.consumeOne(ctx, stream, record.Sequence)
	}) && finish("keep a key", func(ctx context.Context) error {
		if err := b.CreateKey(ctx, stream, "tried", []byte("tried")); err != nil {
			return err
		}
		_, err := b.Key(ctx, stream, "tried")
		return err
	})
	return t
}

func (b *Broker) consumeOne(ctx context.Context, stream string, sequence uint64) error {
	r, err := b.Read(ctx, stream, sequence, ReaderOptions{Ahead: 1})
	if err != nil {
		return err
	}
	defer r.Close()
	asking, done := b.ask(ctx, nil)
	records, err := r.Next(asking)
	if err = done(err); err != nil {
		return requestError("stream "+stream, err)
	}
	if records[0].Sequence != sequence {
		return fmt.Errorf("stream %s: record %d came, %d was asked for", stream, records[0].Sequence, sequence)
	}
	return nil
}

// clock asks for the server's time several times, and keeps the best answer.
func (b *Broker) clock(ctx context.Context, stream string) (c ClockOffset, err error) {
	for range clockSamples {
		began := time.Now()
		s, err := b.Stream(ctx, stream)
		if err != nil {
			return c, err
		}
		if !s.Time.IsZero() {
			c.narrow(began, time.Now(), s.Time)
		}
	}
	return c, nil
}

// Clock compares the server's clock with this machine's, by an existing
// stream.
func (b *Broker) Clock(ctx context.Context, stream string) (ClockOffset, error) {
	return b.clock(ctx, stream)
}

// removeStream removes a stream, which need not exist.
func (b *Broker) removeStream(ctx context.Context, name string) error {
	asking, done := b.ask(ctx, nil)
	err := done(b.js.DeleteStream(asking, name))
	if err == nil || errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return requestError("stream "+name+" cannot be removed", err)
}

// removeOldTrials removes what killed processes have left behind. Where that
// is not possible, it does no harm.
func (b *Broker) removeOldTrials(ctx context.Context, prefix string) {
	permitted, undenied := b.undenied(ctx)
	defer func() { _ = undenied(nil) }()
	asking, done := b.ask(permitted, nil)
	list := b.js.ListStreams(asking)
	var old []string
	for i := range list.Info() {
		name := strings.TrimPrefix(i.Config.Name, "KV_")
		if strings.HasPrefix(name, prefix+"-doctor-") && i.TimeStamp.Sub(i.Created) > trialAgeMax {
			old = append(old, i.Config.Name)
		}
	}
	if done(list.Err()) != nil {
		return
	}
	for _, name := range old {
		_ = b.removeStream(permitted, name)
	}
}
