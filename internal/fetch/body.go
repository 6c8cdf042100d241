package fetch

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// guard ends a body that comes too slowly. Only the time spent waiting for the
// server counts, not what the reader does between two reads.
type guard struct {
	body    io.ReadCloser
	cancel  context.CancelCauseFunc // ends a Read that waits
	cause   func() error            // why it was ended, or nil
	end     func()                  // after the body
	idle    time.Duration
	rateMin int64

	timer  *time.Timer
	waited time.Duration // since the rate was last looked at
	bytes  int64         // that came meanwhile
	closed atomic.Bool
}

func (g *guard) Read(p []byte) (int, error) {
	if g.timer == nil {
		g.timer = time.AfterFunc(g.idle, func() { g.cancel(slow("it sent nothing for %s", g.idle)) })
	} else {
		g.timer.Reset(g.idle)
	}
	began := time.Now()
	n, err := g.body.Read(p)
	g.timer.Stop()
	g.waited += time.Since(began)
	g.bytes += int64(n)
	if err == io.EOF {
		return n, err
	}
	if err != nil {
		if cause := g.cause(); cause != nil {
			err = cause
		}
		return n, err
	}
	if g.waited >= g.idle {
		if float64(g.bytes) < float64(g.rateMin)*g.waited.Seconds() {
			err = slow("it sent %d bytes in %s", g.bytes, g.waited.Round(time.Millisecond))
			g.cancel(err)
		}
		g.waited, g.bytes = 0, 0
	}
	return n, err
}

func (g *guard) Close() error {
	if g.closed.Swap(true) {
		return nil
	}
	if g.timer != nil {
		g.timer.Stop()
	}
	err := g.body.Close()
	g.end()
	return err
}

func slow(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTooSlow, fmt.Sprintf(format, args...))
}

// limited fails where a body has more than so many bytes.
type limited struct {
	r    io.Reader
	max  int64
	read int64
}

func (l *limited) Read(p []byte) (int, error) {
	if left := l.max + 1 - l.read; int64(len(p)) > left {
		p = p[:max(0, left)]
	}
	if len(p) == 0 && l.read > l.max {
		return 0, l.tooBig()
	}
	n, err := l.r.Read(p)
	l.read += int64(n)
	if l.read > l.max {
		return n - 1, l.tooBig()
	}
	return n, err
}

func (l *limited) tooBig() error {
	return fmt.Errorf("%w: the limit is %d bytes, uncompressed", ErrTooBig, l.max)
}
