package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tidings/internal/broker"
)

// TellWindows calls each with the windows of all that is committed by now, in the
// order in which they were told, provisional results among them; their stories
// have no names yet. Windows that came again, as at-least-once does, are told
// once. met is called with how many documents have been read so far. after is the
// log sequence behind which the results begin.
func TellWindows(ctx context.Context, b *broker.Broker, p Plan, t *WindowTeller, met func(documents uint64), each func(WindowLine)) (after uint64, err error) {
	end, err := committedTo(ctx, b, p)
	if err != nil || end == 0 {
		return 0, err
	}
	results, err := OpenResults(ctx, b, p)
	if err != nil {
		return 0, err
	}
	defer results.Close()
	documents := uint64(0)
	for at := uint64(0); at < end; {
		u, err := results.Next(ctx)
		if err != nil {
			return 0, err
		}
		at = max(at, u.To)
		if u.Trigger != "" {
			continue
		}
		documents += uint64(len(u.Entries))
		met(documents)
		for _, l := range t.Unit(u) {
			each(l)
		}
	}
	return results.After(), nil
}

// How FollowWindows looks for what is published.
const (
	// publishedBehind is how many messages before the last one it begins: more than
	// a projection publishes before it keeps the newest windows.
	publishedBehind = 4096
	// publishedLook is how often it looks by itself, should a change be missed.
	publishedLook = time.Second
)

// FollowWindows calls each with windows as a projection publishes them, until the
// context ends or each returns an error, which it returns. It begins a little
// before what is published now, so that nothing is missed by who has read
// LatestWindows or TellWindows behind it: each has to know what it has seen.
// begun is called when it has found its beginning.
func FollowWindows(ctx context.Context, b *broker.Broker, name Name, begun func() error, each func(WindowLine) error) error {
	if err := b.CreateStream(ctx, name.OutStream()); err != nil {
		return err
	}
	if err := b.CreateBucket(ctx, name.WindowsBucket()); err != nil {
		return err
	}
	last, err := b.LastSequence(ctx, name.OutStream().Name)
	if err != nil {
		return err
	}
	published, err := b.Finder(ctx, name.OutStream().Name)
	if err != nil {
		return err
	}
	changed, stop, err := b.Changes(name.WindowsBucket(), "final.")
	if err != nil {
		return err
	}
	defer stop()
	if err := begun(); err != nil {
		return err
	}
	look := time.NewTicker(publishedLook)
	defer look.Stop()
	next := last - min(last, publishedBehind) + 1
	for {
		r, err := published.From(ctx, string(name)+".out."+windowLines, next)
		switch {
		case err == nil:
			next = r.Sequence + 1
			if err := eachWindow(r, each); err != nil {
				return err
			}
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, broker.ErrNoBroker):
			if err := b.Await(ctx); err != nil {
				return err
			}
			continue
		case !errors.Is(err, broker.ErrEmpty):
			return err
		}
		select {
		case <-changed:
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// eachWindow reads the lines of a message.
func eachWindow(r broker.Record, each func(WindowLine) error) error {
	for data := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
		var l WindowLine
		if err := json.Unmarshal(data, &l); err != nil {
			return fmt.Errorf("%s, message %d: a line is no window: %w; something else has written there", r.Subject, r.Sequence, err)
		}
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}
