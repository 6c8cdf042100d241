package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// ImpureError reports that a stage did not make the same of the same input. By
// replay it cannot reach exactly-once: readers leave out what it makes again
// because they take it for what they have.
type ImpureError struct {
	Place    string // "df/0"
	From, To uint64 // log messages
	Stream   string
	Record   uint64 // of the stream, which tells otherwise
	What     string // differs
}

func (e *ImpureError) Error() string {
	return fmt.Sprintf("%s is not pure: what it makes of log messages %d..%d and what it made of them before (stream %s, record %d) differ in their %s; "+
		"by replay some documents would count twice or not at all, so it stops: the stage depends on a clock, on chance or on an order that is not the log's. Nothing more is published; "+
		"read the source into another --pipeline with --recovery commit, which computes nothing twice that others have seen", e.Place, e.From, e.To, e.Stream, e.Record, e.What)
}

// verifier compares what one partition makes again with what stands in its
// stream, by position and by content: neither has to be cut as the other is. It
// reads no further than the stream went when it was opened, so that it does not
// meet what is published beside it.
type verifier struct {
	place    string
	sections []byte
	reading  reading
	side     *side
	last     uint64 // of the stream's records that it looks at
	seen     uint64
	record   uint64 // that the frame is of
	next     uint64 // the log message that is compared next
	ended    bool
	trimmed  bool // what stood before the next record may be purged
	codecs   [2]codec
	told     [2]windowsTold // since both ended at the same log message: made again, stored
	aligned  bool           // they did
}

// verifier opens that of a partition whose state was restored behind a log
// sequence.
func (w *worker) verifier(ctx context.Context, partition int, at uint64) (*verifier, error) {
	n := w.writes()
	stream := w.plan.Pipeline.partitionStream(n, partition).Name
	v := &verifier{
		place: fmt.Sprintf("%s/%d", n.Stage, partition), sections: w.assembly.sections, next: at + 1,
		reading: reading{broker: w.broker, plan: w.plan}, side: &side{node: n, partition: partition, name: stream, released: true, at: at},
	}
	var err error
	if v.last, err = w.broker.LastSequence(ctx, stream); err != nil {
		return nil, err
	}
	return v, v.open(ctx)
}

// open reads the stream from where it begins now: what snapshots have made
// needless is purged also while it is read.
func (v *verifier) open(ctx context.Context) error {
	v.side.arrivals.close()
	first, err := v.reading.broker.FirstSequence(ctx, v.side.name)
	if err != nil {
		return err
	}
	v.trimmed = first > 1
	if v.ended = first > v.last; v.ended {
		return nil
	}
	v.side.arrivals, err = v.reading.open(ctx, v.side.name, first, broker.ReaderOptions{})
	return err
}

func (v *verifier) close() { v.side.arrivals.close() }

// compare compares a unit that the stages have stepped with what is stored.
func (v *verifier) compare(ctx context.Context, u *Unit, owns func(sequence uint64) bool) error {
	for !v.ended && v.next <= u.To {
		if err := v.fill(ctx); err != nil || v.ended {
			return err
		}
		stored := &v.side.frame
		to := min(u.To, stored.To)
		v.next = max(v.next, stored.From)
		for sequence := v.next; sequence <= to; sequence++ {
			what := ""
			for _, section := range v.sections {
				if what == "" && owns(sequence) || section == dfSection {
					what = v.differ(u, stored, section, sequence)
				}
			}
			if what != "" {
				return v.impure(sequence, sequence, what)
			}
		}
		if err := v.closeUnits(u, stored, to); err != nil {
			return err
		}
		v.next = to + 1
		v.side.have = stored.To > to
	}
	return nil
}

func (v *verifier) impure(from, to uint64, what string) error {
	return &ImpureError{v.place, from, to, v.side.name, v.record, what}
}

// fill makes sure that there is a frame, or ends. A stretch that is not there any
// more cannot be compared.
func (v *verifier) fill(ctx context.Context) error {
	s := v.side
	for !s.have {
		if v.seen >= v.last {
			v.ended = true
			return nil
		}
		r, err := s.arrivals.take(ctx)
		if errors.Is(err, broker.ErrGone) {
			if err := v.open(ctx); err != nil || v.ended {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		v.seen = r.Sequence
		h, err := guarantees.ParseHeader(r)
		if err != nil {
			return err
		}
		if h.Kind == guarantees.Announced {
			continue
		}
		switch beyond := h.From > s.at+1; {
		case v.trimmed && beyond && (h.Kind == guarantees.Done || h.Kind == guarantees.Fence), beyond && s.skipped == gapMax:
			s.at, s.skipped, v.aligned = h.From-1, 0, false
		case beyond && h.Kind == guarantees.Fence:
			v.ended = true
			return nil
		}
		v.trimmed = false
		if err := s.openReleased(r, h); err != nil {
			return fmt.Errorf("stream %s, record %d: %w", s.name, r.Sequence, err)
		}
		if s.have {
			v.aligned = v.aligned || v.record == 0 && h.From == v.next
			v.record = r.Sequence
		}
	}
	return nil
}

// differ says in what the two units differ of a log message, "" if in nothing.
func (v *verifier) differ(made, stored *Unit, section byte, sequence uint64) string {
	p := v.side.partition
	if section == dfSection {
		if !bytes.Equal(v.codecs[0].valuesOf(made, p, sequence), v.codecs[1].valuesOf(stored, p, sequence)) {
			return "df values"
		}
		return ""
	}
	if section != tokensSection && section != predictionsSection {
		return ""
	}
	if !bytes.Equal(v.codecs[0].entriesOf(made, section, sequence), v.codecs[1].entriesOf(stored, section, sequence)) {
		return "entries"
	}
	return ""
}

// entriesOf writes what a section holds of one log message, wherever its unit
// begins. When the log stored it is left out: a reader is told that by the server,
// or a moment later by the server's answer to the writer (internal/broker/tail.go).
func (c *codec) entriesOf(u *Unit, section byte, sequence uint64) []byte {
	from, logged := u.From, int64(0)
	of := u.Entries[firstOf(u, sequence):firstOf(u, sequence+1)]
	if len(of) > 0 {
		logged = of[0].Logged
	}
	tell := func(at int64) {
		for i := range of {
			of[i].Logged = at
		}
	}
	u.From = sequence
	tell(0)
	defer func() {
		u.From = from
		tell(logged)
	}()
	c.enc.reset()
	owns := func(s uint64) bool { return s == sequence }
	if section == tokensSection {
		c.entries(u, owns, c.tokens)
		return c.enc.buf
	}
	c.entries(u, owns, c.prediction)
	c.watched(u, owns)
	return c.enc.buf
}

// firstOf is the unit's first entry at or behind a log message.
func firstOf(u *Unit, sequence uint64) int {
	return sort.Search(len(u.Entries), func(i int) bool { return u.Entries[i].Position.Sequence >= sequence })
}

// valuesOf writes a partition's df values of one log message, and its digests.
func (c *codec) valuesOf(u *Unit, partition int, sequence uint64) []byte {
	c.enc.reset()
	if partition >= len(u.DF) {
		return c.enc.buf
	}
	for _, value := range u.DF[partition][u.ValuesTo(partition, sequence-1):u.ValuesTo(partition, sequence)] {
		c.enc.uint(uint64(value))
	}
	for _, end := range u.ends[partition] {
		if end.position.Sequence == sequence {
			c.enc.uint(uint64(end.position.Line))
			c.enc.fixed(end.digest)
			c.enc.uint(end.dropped)
		}
	}
	return c.enc.buf
}

// windowsTold is what units say of windows and of late documents, as lines of JSON. A unit
// says first the one and then the other, so that they stand apart here: however
// units are cut, each follows in order upon what was said before.
type windowsTold struct{ windows, late bytes.Buffer }

// add adds what a unit says, but for counts, which are those at its end.
func (t *windowsTold) add(u *Unit, partition int) (err error) {
	windows, late := json.NewEncoder(&t.windows), json.NewEncoder(&t.late)
	for _, w := range u.Windows[partition] {
		err = errors.Join(err, windows.Encode(w))
	}
	for _, l := range u.Late[partition] {
		err = errors.Join(err, late.Encode(l))
	}
	return err
}

// closeUnits compares what was told of windows: it belongs to units, not to log
// messages, so what was told since both sides ended at the same one is.
func (v *verifier) closeUnits(made, stored *Unit, to uint64) (err error) {
	p := v.side.partition
	if v.sections[len(v.sections)-1] != windowsSection {
		return nil
	}
	for i, u := range []*Unit{made, stored} {
		if u.To == to && p < len(u.Windows) {
			err = errors.Join(err, v.told[i].add(u, p))
		}
	}
	if err != nil || made.To != stored.To {
		return err
	}
	remade, before := &v.told[0], &v.told[1]
	same := bytes.Equal(remade.windows.Bytes(), before.windows.Bytes()) && bytes.Equal(remade.late.Bytes(), before.late.Bytes())
	for i := range v.told {
		v.told[i].windows.Reset()
		v.told[i].late.Reset()
	}
	if v.aligned && !same {
		return v.impure(min(made.From, stored.From), to, "windows")
	}
	v.aligned = true
	return nil
}
