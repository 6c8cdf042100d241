package feed

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"tidings/internal/fetch"
)

// Limits of what is in memory at once. A server that keeps silent before its
// header takes no room, and one that sends a little takes a little, so that
// slow ones hold nobody up; few send much.
const (
	smallBytes   = 1 << 20
	smallAtOnce  = 32 // bodies of up to smallBytes
	bigAtOnce    = 2  // bodies beyond it
	parsedAtOnce = 1  // with their items, until these are delivered
)

// errNoRoom reports that a body was waited for in vain because rows are not
// taken as fast as feeds bring them: the server is not to blame.
var errNoRoom = errors.New("rows are not taken fast enough to read the feed")

// room is where the bodies of feeds are kept.
type room struct{ small, big, parsed chan struct{} }

func newRoom() *room {
	return &room{make(chan struct{}, smallAtOnce), make(chan struct{}, bigAtOnce), make(chan struct{}, parsedAtOnce)}
}

// read reads a body when there is room for it, and then waits for its turn to be
// parsed. Until leave is called it has both.
func (r *room) read(ctx context.Context, body io.Reader) (text []byte, leave func(), err error) {
	var held []chan struct{}
	var waited time.Duration
	blame := func(err error) error {
		if errors.Is(err, fetch.ErrTooSlow) && waited > timeout/2 {
			return errNoRoom
		}
		return err
	}
	free := sync.OnceFunc(func() {
		for _, slots := range held {
			<-slots
		}
	})
	enter := func(slots chan struct{}) error {
		began := time.Now()
		defer func() { waited += time.Since(began) }()
		select {
		case slots <- struct{}{}:
			held = append(held, slots)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() {
		if err != nil {
			free()
		}
	}()
	if err := enter(r.small); err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(body, smallBytes)); err != nil {
		return nil, nil, blame(err)
	}
	if b.Len() == smallBytes {
		if err := enter(r.big); err != nil {
			return nil, nil, err
		}
		if _, err := b.ReadFrom(body); err != nil {
			return nil, nil, blame(err)
		}
	}
	if err := enter(r.parsed); err != nil {
		return nil, nil, err
	}
	return b.Bytes(), free, nil
}
