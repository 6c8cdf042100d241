package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"tidings/internal/broker"
	"tidings/internal/planted"
)

// Projection publishes what a pipeline has committed for outside readers, as
// JSON lines on subjects that do not depend on the plan:
//
//	<pipeline>.out.predictions   PredictionLine, several to a message under load
//	<pipeline>.out.windows       WindowLine
//	<pipeline>.out.late          topics.Late
//	<pipeline>.out.deadletters   DeadLetterLine
//	<pipeline>.out.labels        LabelLine
//	<pipeline>.out.alarms        AlarmLine
//	<pipeline>.out.promotions    PromotionLine
//
// It has no state but its own output: each message says how many lines of its
// kind have been published with it, so that after a crash the tail tells where
// to go on, and it is stored only behind the message believed to be the last,
// so that two projections at once publish no line twice. Where results have been
// deleted lines cannot be counted from the first one on; so it says, too, how
// many of them came of which stretch of the log.
//
// The newest windows stand in a bucket too (WindowsBucket), where they are put
// when all windows of their stretch of the log have been published.
type Projection struct {
	broker *broker.Broker
	plan   Plan
	shape  Shape
	names  *StoryNames

	appender *broker.Appender
	teller   *WindowTeller
	latest   *latestWindows
	outputs  map[string]*output
	to       uint64       // the log sequence at which the unit ends that is being published
	final    []WindowLine // the newest ones, as the bucket had them
	resuming bool         // the results begin behind the log's beginning, and what was published has not been met
}

// output is one kind of line.
type output struct {
	subject   string
	published uint64 // lines in the stream
	seen      uint64 // lines that the results held so far
	inUnit    uint64 // of them, in this unit
	place     outPlace
	placed    bool // its tail tells a place; an older program wrote it, or there is none
	batch     bytes.Buffer
	lines     int
}

const headerLines = "Tidings-Lines"

// outBytesMax is how large a message grows before it is published with fewer
// lines than Shape.Pack. One line may be larger.
const outBytesMax = 256 << 10

// The kinds of lines.
const (
	predictionLines = "predictions"
	windowLines     = "windows"
	lateLines       = "late"
	deadLetterLines = "deadletters"
	alarmLines      = "alarms"
	promotionLines  = "promotions"
	labelLines      = "labels"
)

func outputKinds() []string {
	return []string{predictionLines, windowLines, lateLines, deadLetterLines, alarmLines, promotionLines, labelLines}
}

// LabelsOut is the subject on which is told what became of late labels.
func (n Name) LabelsOut() string { return string(n) + ".out." + labelLines }

// OutStream is the stream that projections write.
func (n Name) OutStream() broker.Stream {
	return broker.Stream{
		Name:        string(n) + "-out",
		Subjects:    []string{string(n) + ".out.*"},
		Description: "predictions, windows, late documents, dead letters, alarms and promotions as JSON lines, for outside readers",
	}
}

// Shape is how predictions are told to outside readers.
type Shape struct {
	// Pack is how many a message holds at most; 0 is UnitDocumentsMax.
	Pack int
	// Abstain is the probability below which a prediction names no label; 0:
	// all do. Lines that are published stay as they are.
	Abstain float64
	// Planted are mistakes on purpose, for tests of what has to find them.
	Planted *planted.Set
}

// Project publishes until the context ends, which is no error.
func Project(ctx context.Context, b *broker.Broker, p Plan, shape Shape) error {
	if shape.Pack < 1 {
		shape.Pack = UnitDocumentsMax
	}
	names := NewStoryNames(b, p.Pipeline)
	for {
		err := (&Projection{broker: b, plan: p, shape: shape, names: names}).run(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, broker.ErrConflict):
			// Another one published: start from the tail again.
		case errors.Is(err, broker.ErrUnknown), errors.Is(err, broker.ErrNoBroker):
			// The broker went away: likewise, when it is back.
			if b.Await(ctx) != nil {
				return nil
			}
		default:
			return fmt.Errorf("the projection for outside readers stopped: %w", err)
		}
	}
}

func (p *Projection) run(ctx context.Context) error {
	if err := p.open(ctx); err != nil {
		return err
	}
	defer p.appender.Close()
	return p.publish(ctx)
}

// publish goes on behind the tail.
func (p *Projection) publish(ctx context.Context) error {
	results, err := openResults(ctx, p.broker, p.plan, 0, p.shape.Planted.Has(planted.EarlyRelease))
	if err != nil {
		return err
	}
	defer results.Close()
	if p.resuming = results.After() > 0; p.resuming {
		if err := p.checkPlaces(); err != nil {
			return err
		}
		p.teller.resume(p.final)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p.appender.OnFailure(stop) // also while there is nothing to publish
	for {
		u, err := results.Next(ctx)
		if err != nil {
			return cmp.Or(p.appender.Err(), err)
		}
		if err := p.unit(ctx, u); err != nil {
			return cmp.Or(p.appender.Err(), err)
		}
	}
}

// open finds the tail of what has been published.
func (p *Projection) open(ctx context.Context) error {
	stream := p.plan.Pipeline.OutStream()
	if err := p.broker.CreateStream(ctx, stream); err != nil {
		return err
	}
	last, err := p.broker.LastSequence(ctx, stream.Name)
	if err != nil {
		return err
	}
	p.outputs = map[string]*output{}
	for _, kind := range outputKinds() {
		o := &output{subject: string(p.plan.Pipeline) + ".out." + kind}
		r, err := p.broker.Last(ctx, stream.Name, o.subject)
		o.place, o.placed = placeOf(r)
		if err == nil {
			o.published, err = strconv.ParseUint(r.Header.Get(headerLines), 10, 64)
		} else if errors.Is(err, broker.ErrEmpty) {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("subject %s: its last message cannot be read: %w", o.subject, err)
		}
		p.outputs[kind] = o
	}
	// Behind the tail: who publishes more, and so has newer windows to keep, makes
	// this one lose.
	if p.latest, p.final, err = openLatest(ctx, p.broker, p.plan.Pipeline); err != nil {
		return err
	}
	p.teller = newWindowTeller(p.plan, p.names)
	p.appender = p.broker.Appender(stream.Name, last)
	return nil
}

func (p *Projection) unit(ctx context.Context, u *Unit) error {
	windows := p.teller.Unit(u)
	p.latest.note(windows)
	if p.resuming && p.before(u.To) {
		return nil
	}
	p.to = u.To
	for _, o := range p.outputs {
		o.inUnit = 0
	}
	if err := p.entries(u); err != nil {
		return err
	}
	if err := p.windows(ctx, u, windows); err != nil {
		return err
	}
	for _, kind := range outputKinds() {
		if err := p.flush(p.outputs[kind]); err != nil {
			return err
		}
	}
	return p.keep(ctx, u.To)
}

// entries adds what is told of a unit's entries.
func (p *Projection) entries(u *Unit) error {
	for i := range u.Entries {
		e := &u.Entries[i]
		var err error
		switch e.Kind {
		case DocumentEntry:
			err = p.line(predictionLines, func() any { return NewPredictionLine(e.Prediction(), p.shape.Abstain) })
		case DeadLetter, RejectEntry:
			err = p.line(deadLetterLines, func() any { return NewDeadLetterLine(e) })
		case PromoteEntry:
			err = p.line(promotionLines, func() any { return NewPromotionLine(e) })
		case LabelEntry:
			err = p.line(labelLines, func() any { return NewLabelLine(e) })
		}
		for _, a := range e.AllAlarms() {
			err = errors.Join(err, p.line(alarmLines, func() any { return NewAlarmLine(a) }))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// windows adds those of a unit, and its late documents.
func (p *Projection) windows(ctx context.Context, u *Unit, windows []WindowLine) error {
	for i := range windows {
		w := &windows[i]
		if p.outputs[windowLines].next() {
			if err := p.teller.Name(ctx, w); err != nil {
				return err
			}
		}
		if err := p.line(windowLines, func() any { return w }); err != nil {
			return err
		}
	}
	for _, l := range u.AllLate() {
		if err := p.line(lateLines, func() any { return l }); err != nil {
			return err
		}
	}
	return nil
}

// keep puts the newest windows into their bucket once all of the unit is
// published, and of what was published before.
func (p *Projection) keep(ctx context.Context, to uint64) error {
	if len(p.latest.order) == 0 || to < p.reached() {
		return nil
	}
	if err := p.appender.Wait(ctx); err != nil {
		return err
	}
	return p.latest.put(ctx, p.teller.Name)
}

// next says whether the next line has not been published before.
func (o *output) next() bool { return o.seen >= o.published }

// line adds a line to its batch, unless it has been published before.
func (p *Projection) line(kind string, value func() any) error {
	o := p.outputs[kind]
	o.seen++
	o.inUnit++
	if o.seen <= o.published {
		return nil
	}
	data, err := json.Marshal(value())
	if err != nil {
		return err
	}
	o.batch.Write(data)
	o.batch.WriteByte('\n')
	o.lines++
	if o.lines >= p.shape.Pack || o.batch.Len() >= outBytesMax {
		return p.flush(o)
	}
	return nil
}

func (p *Projection) flush(o *output) error {
	if o.lines == 0 {
		return nil
	}
	o.published = o.seen
	h := broker.Header{headerLines: {strconv.FormatUint(o.published, 10)}, headerPlace: {outPlace{p.to, o.inUnit}.String()}}
	err := p.appender.Append(o.subject, h, bytes.TrimSuffix(o.batch.Bytes(), []byte{'\n'}))
	o.batch.Reset()
	o.lines = 0
	return err
}
