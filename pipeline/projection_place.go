package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tidings/internal/broker"
)

// headerPlace says of which stretch of the log a message's last line came.
const headerPlace = "Tidings-Place"

// outPlace is how far one kind of lines has been published: that many lines of
// the unit that ends at a log sequence, and all of the units before.
type outPlace struct {
	to    uint64
	lines uint64
}

func (p outPlace) String() string { return fmt.Sprintf("%d %d", p.to, p.lines) }

// placeOf reads a message's; false where an older program wrote it.
func placeOf(r broker.Record) (p outPlace, known bool) {
	to, lines, _ := strings.Cut(r.Header.Get(headerPlace), " ")
	var err1, err2 error
	p.to, err1 = strconv.ParseUint(to, 10, 64)
	p.lines, err2 = strconv.ParseUint(lines, 10, 64)
	return p, err1 == nil && err2 == nil
}

// reached is the furthest unit that anything was published of. Kinds are
// published one after the other, so of the units before it all was.
func (p *Projection) reached() (to uint64) {
	for _, o := range p.outputs {
		to = max(to, o.place.to)
	}
	return to
}

// checkPlaces refuses to go on behind what an older program published, when
// lines cannot be counted from the first one on.
func (p *Projection) checkPlaces() error {
	for _, kind := range []string{predictionLines, windowLines, deadLetterLines} {
		if o := p.outputs[kind]; o.published > 0 && !o.placed {
			return fmt.Errorf("%s: its last message does not say of which part of the log it came, an older program wrote it, and what came before is deleted: delete stream %s, and it is published anew from where the results begin", o.subject, p.plan.Pipeline.OutStream().Name)
		}
	}
	return nil
}

// before says whether all of a unit was published, or finds out how much of it
// was.
func (p *Projection) before(to uint64) bool {
	reached := p.reached()
	if to < reached {
		return true
	}
	p.resuming = false
	for _, o := range p.outputs {
		o.seen = o.published
		if o.placed && to == reached && o.place.to == to {
			o.seen -= min(o.seen, o.place.lines)
		}
	}
	return false
}

// publishedTo is the log sequence behind which nothing is published for outside
// readers yet, the largest there is where nothing is to be.
func publishedTo(ctx context.Context, b *broker.Broker, name Name) (uint64, error) {
	stream := name.OutStream().Name
	if _, err := b.Stream(ctx, stream); errors.Is(err, broker.ErrEmpty) {
		return math.MaxUint64, nil
	} else if err != nil {
		return 0, err
	}
	reached := uint64(1)
	for _, kind := range []string{predictionLines, windowLines, deadLetterLines} {
		r, err := b.Last(ctx, stream, string(name)+".out."+kind)
		if errors.Is(err, broker.ErrEmpty) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if at, known := placeOf(r); known {
			reached = max(reached, at.to)
		}
	}
	return reached, nil
}

// PublishedBefore is the log sequence up to which something had been published
// for outside readers before a time, 0 when nothing had.
func PublishedBefore(ctx context.Context, b *broker.Broker, name Name, before time.Time) (to uint64, err error) {
	stream := name.OutStream().Name
	s, err := b.Stream(ctx, stream)
	if errors.Is(err, broker.ErrEmpty) || err == nil && s.Records == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for low, high := s.First, s.Last; low <= high; {
		middle := low + (high-low)/2
		r, err := b.Record(ctx, stream, middle)
		if err != nil && !errors.Is(err, broker.ErrEmpty) { // there may be gaps, of what was deleted
			return 0, err
		}
		if err == nil && !r.Time.Before(before) {
			high = middle - 1
			continue
		}
		if at, known := placeOf(r); err == nil && known {
			to = max(to, at.to)
		}
		low = middle + 1
	}
	return to, nil
}
