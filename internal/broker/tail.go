package broker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Limits of a tail.
const (
	tailRecordsMax = 1024
	tailBytesMax   = 4 << 20
	tailEarlyMax   = 4 * InFlightMax // records whose predecessor is not known to be stored
)

// tail holds the last records of one stream, so that readers in this process
// need not fetch them from the server.
//
// It is there for memory. The server keeps each block of a stream in memory
// for ten seconds when it is read while it is written, which is what a reader
// at the end of a stream does: at 100,000 documents a second that is a
// gigabyte. Blocks that are written and not read meanwhile it lets go at once.
//
// It works only where every writer is known: in an embedded server that no
// other process can reach. Whoever stores a record says so with add; whoever
// cannot tell whether one was stored says so with lose, and from then on
// readers fetch from the server. The time of a record is when the server's
// answer came, a moment later than what the server notes.
type tail struct {
	mu      sync.Mutex
	records []Record // consecutive
	bytes   int
	last    uint64   // sequence of the stream's last record known to be stored
	early   []Record // stored, but one before them is not known to be
	lost    bool
	more    chan struct{} // closed when something changes
}

func newTail(last uint64) *tail { return &tail{last: last, more: make(chan struct{})} }

// add takes a record that was stored, and keeps its data.
func (t *tail) add(r Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost || r.Sequence <= t.last {
		return
	}
	t.early = append(t.early, r)
	for i := 0; i < len(t.early); i++ {
		if t.early[i].Sequence != t.last+1 {
			continue
		}
		t.keep(t.early[i])
		t.early = slices.Delete(t.early, i, i+1)
		i = -1
	}
	if len(t.early) > tailEarlyMax {
		t.giveUp()
	}
}

func (t *tail) keep(r Record) {
	t.records = append(t.records, r)
	t.bytes += len(r.Data)
	t.last = r.Sequence
	drop := 0
	for len(t.records)-drop > tailRecordsMax || t.bytes > tailBytesMax && len(t.records)-drop > 1 {
		t.bytes -= len(t.records[drop].Data)
		drop++
	}
	clear(t.records[:drop])
	t.records = t.records[drop:]
	t.wake()
}

// lose is for a writer that does not know whether its record was stored.
func (t *tail) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.lost {
		t.giveUp()
	}
}

func (t *tail) giveUp() {
	t.lost, t.records, t.early, t.bytes = true, nil, nil, 0
	t.wake()
}

func (t *tail) wake() {
	close(t.more)
	t.more = make(chan struct{})
}

// from returns records from a sequence on, at most max and not much more than
// aheadBytesMax. Where there are none yet, more tells when to ask again; where
// the tail does not reach back that far, ok is false.
func (t *tail) from(dst []Record, next uint64, limit int) (records []Record, more <-chan struct{}, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.covers(next) {
		return dst, nil, false
	}
	size := 0
	for _, r := range t.records[len(t.records)-int(t.last+1-next):] {
		if len(dst) >= limit || size >= aheadBytesMax {
			break
		}
		dst = append(dst, r)
		size += len(r.Data)
	}
	return dst, t.more, true
}

// covers says whether the tail reaches back to a sequence, or that is the next
// to come.
func (t *tail) covers(next uint64) bool {
	return !t.lost && next <= t.last+1 && t.last+1-next <= uint64(len(t.records))
}

// joins says whether a reader had better change to the tail: when it is so far
// behind that the tail may have moved on before it looks, it had not.
func (t *tail) joins(next uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.covers(next) && t.last+1-next <= uint64(len(t.records)/2)
}

// tails are the tails of a server's streams; nil where others can write too.
type tails struct {
	mu sync.Mutex
	of map[string]*tail
}

// tail returns the stream's, beginning it at the stream's end.
func (b *Broker) tail(ctx context.Context, stream string) (*tail, error) {
	if b.tails == nil {
		return nil, nil
	}
	b.tails.mu.Lock()
	defer b.tails.mu.Unlock()
	if t := b.tails.of[stream]; t != nil {
		return t, nil
	}
	last, err := b.LastSequence(ctx, stream)
	if err != nil {
		return nil, err
	}
	t := newTail(last)
	b.tails.of[stream] = t
	return t, nil
}

// own returns data that may be kept when a record is stored: where there are
// tails, a copy.
func (s *tails) own(data []byte) []byte {
	if s == nil {
		return data
	}
	return slices.Clone(data)
}

// tell tells the stream's readers in this process what became of a record.
func (s *tails) tell(stream string, m *nats.Msg, sequence uint64, err error) {
	t := s.find(stream)
	switch {
	case t == nil:
	case err == nil:
		t.add(Record{Subject: m.Subject, Sequence: sequence, Time: time.Now(), Header: Header(m.Header), Data: m.Data})
	case errors.Is(err, ErrConflict), errors.Is(err, ErrFull), errors.Is(err, nats.ErrMaxPayload):
		// Refused: nothing was stored.
	default:
		t.lose() // also when the writer's context ended before the answer came
	}
}

func (s *tails) find(stream string) *tail {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[stream]
}
