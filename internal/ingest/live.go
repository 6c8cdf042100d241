package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// Limits of live input.
const (
	PendingDocumentsMax = 16 << 10 // documents that wait to be stored; beyond it the answer is Busy
	PendingBytesMax     = 64 << 20 // their lines
	stopTimeout         = 10 * time.Second
)

// LiveSource is the source of all documents that come in live. Every process
// that takes them writes as this one source, behind what the others have
// written: so each knows what the others took, and a document enters once
// whoever is asked.
const LiveSource = "in"

// LiveSubject is where clients publish documents for a pipeline.
func LiveSubject(name pipeline.Name) string { return string(name) + ".in" }

// LabelsSubject is where clients publish late labels for a pipeline.
func LabelsSubject(name pipeline.Name) string { return LiveSubject(name) + ".labels" }

// LiveOptions of OpenLive. The zero value serves the default pipeline's
// LiveSubject.
type LiveOptions struct {
	Pipeline    pipeline.Name    // "": NameDefault
	HTTP        string           // "host:port" that serves POST /documents too; "": none
	HTTPOpen    bool             // HTTP may be an address that other machines reach
	ReadTimeout time.Duration    // of a whole HTTP request; 0: 30 s
	SourceIdle  time.Duration    // the log is told that the source is idle when no document came for so long; 0: never
	Clock       Clock            // nil: the machine's
	Notice      func(string)     // something a person should know; nil: nobody hears it
	Rows        func(LiveCounts) // called as documents are stored; nil: nobody looks

	pendingDocuments, pendingBytes int // for tests; 0: the limits
}

// LiveCounts says what became of documents that came in live.
type LiveCounts struct {
	Documents  uint64 // stored by this process
	Labels     uint64 // late labels stored by this process
	Duplicates uint64 // that had entered before
	Rejected   uint64 // refused
	Busy       uint64 // told to come again
	Lost       uint64 // neither stored nor answered: nobody waited for an answer
}

// Live takes documents from clients into a pipeline's log, and answers when
// they are stored. It owns the source LiveSource together with others of its
// kind.
type Live struct {
	o       LiveOptions
	broker  *broker.Broker
	keeper  *keeper
	service *broker.Service // of documents
	labels  *broker.Service // of late labels
	web     *web            // nil: no HTTP
	silence *silence

	labelsOnly bool // it takes no documents

	mu      sync.Mutex
	arrived sync.Cond // the queue grew, or it was closed
	queue   []arrival
	open    int // documents that wait or are being stored
	bytes   int // their lines
	closed  bool
	silent  bool  // nothing came for a while
	away    error // why nothing can be stored at the moment
	counts  LiveCounts
	told    map[string]bool // kinds of notices that a person has had
}

// OpenLive makes ready to take documents: it makes the log where it is
// missing, reads back which documents entered last, and listens. Whoever asks
// from now on is answered once Run runs. An address that others reach needs
// HTTPOpen.
func OpenLive(ctx context.Context, b *broker.Broker, o LiveOptions) (_ *Live, err error) {
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Pipeline == "" {
		o.Pipeline = pipeline.NameDefault
	}
	if o.pendingDocuments == 0 {
		o.pendingDocuments, o.pendingBytes = PendingDocumentsMax, PendingBytesMax
	}
	l := &Live{o: o, broker: b, told: map[string]bool{}, silence: newSilence(o.Clock, o.SourceIdle)}
	l.arrived.L = &l.mu
	if o.HTTP != "" {
		if l.web, err = openWeb(l); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	if err := b.CreateStream(ctx, o.Pipeline.LogStream()); err != nil {
		return nil, err
	}
	if l.keeper, err = openKeeper(ctx, l); err != nil {
		return nil, err
	}
	if l.service, err = b.Serve(ctx, LiveSubject(o.Pipeline), LiveSource, l.message); err != nil {
		return nil, err
	}
	l.labels, err = b.Serve(ctx, LabelsSubject(o.Pipeline), LiveSource, l.message)
	return l, err
}

// HTTP is where POST /documents is served, "http://host:port", "" when it is
// not.
func (l *Live) HTTP() string {
	if l.web == nil {
		return ""
	}
	return "http://" + l.web.listener.Addr().String()
}

// Counts is what became of documents so far.
func (l *Live) Counts() LiveCounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts
	for _, s := range []*broker.Service{l.service, l.labels} {
		if s != nil {
			c.Lost += s.Lost()
		}
	}
	return c
}

// Run takes documents until the context ends, which is no error, or nothing
// can be stored any more. Then it takes no more, and returns when everything
// that was taken is stored and answered.
func (l *Live) Run(ctx context.Context) error {
	storing, give := context.WithCancel(context.WithoutCancel(ctx))
	defer give()
	failed := make(chan error, 2)
	var work, front sync.WaitGroup
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	front.Go(func() { l.silence.watch(watching, l.isSilent) })
	work.Go(func() {
		if err := l.keeper.run(storing); err != nil {
			failed <- err
		}
	})
	if l.web != nil {
		front.Go(func() {
			if err := l.web.serve(); err != nil {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	unwatch()
	l.stopTaking(stopping)
	front.Wait()
	stop := context.AfterFunc(stopping, give)
	defer stop()
	l.shut()
	work.Wait()
	_ = l.broker.Flush(stopping) // so that answers are out before the connection ends
	select {
	case late := <-failed:
		err = errors.Join(err, late)
	default:
	}
	return err
}

// stopTaking ends what brings documents in, and waits for HTTP clients whose
// requests were taken to be answered.
func (l *Live) stopTaking(ctx context.Context) {
	var stopping sync.WaitGroup
	if l.web != nil {
		stopping.Go(func() { l.web.stop(ctx) })
	}
	_ = l.service.Stop(ctx) // what comes later is not taken
	_ = l.labels.Stop(ctx)
	stopping.Wait()
}

// Close gives back what OpenLive took, for who does not call Run.
func (l *Live) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	l.shut()
	for _, s := range []*broker.Service{l.service, l.labels} {
		if s != nil {
			_ = s.Stop(ctx)
		}
	}
	if l.web != nil {
		l.web.stop(ctx)
	}
}

// take reads a request and queues its documents. done is called once, when
// all answers are known, here or later.
func (l *Live) take(data []byte, f form, done func([]Answer)) {
	r, waiting := l.read(data, f, done)
	if len(waiting) > 0 && l.enqueue(waiting) {
		return
	}
	done(r.answers)
}

func (l *Live) count(a *arrival) {
	switch {
	case a.reject:
	case a.answer.Duplicate:
		l.counts.Duplicates++
	case a.answer.Status == Accepted && a.late:
		l.counts.Labels++
	case a.answer.Status == Accepted:
		l.counts.Documents++
	case a.answer.Status == Refused:
		l.counts.Rejected++
	}
}

// refused counts a document that may not enter and tells a person of the first
// few.
func (l *Live) refused(detail string) {
	l.mu.Lock()
	l.counts.Rejected++
	n := l.counts.Rejected
	l.mu.Unlock()
	switch {
	case n <= rejectsShown:
		l.o.Notice(detail)
	case n == rejectsShown+1:
		l.o.Notice("more documents are refused; whoever sent them is told why")
	}
}

// once tells a person something the first time.
func (l *Live) once(kind, text string) {
	l.mu.Lock()
	told := l.told[kind]
	l.told[kind] = true
	l.mu.Unlock()
	if !told {
		l.o.Notice(text)
	}
}

// setAway says why nothing can be stored at the moment, or with nil that it
// can.
func (l *Live) setAway(err error) {
	l.mu.Lock()
	changed := (l.away == nil) != (err == nil)
	l.away = err
	l.mu.Unlock()
	if !changed {
		return
	}
	if err != nil {
		l.o.Notice(fmt.Sprintf("%v; documents that come in are not taken meanwhile, and nothing is lost that was answered", err))
	} else {
		l.o.Notice("documents are taken again")
	}
}

// health is why nothing can be stored at the moment, nil when it can.
func (l *Live) health() error {
	if !l.broker.Connected() {
		return broker.ErrNoBroker
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.New("the input is stopping")
	}
	return l.away
}
