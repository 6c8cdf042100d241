package check

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// lane is one partition's stream while it is walked along the log.
type lane struct {
	stream   *Stream
	where    string
	promise  guarantees.Promise
	findings *findings
	account  Account
	next     func() (Record, error, bool)
	stop     func()

	released released

	begun  bool
	begin  uint64 // up to here records are purged
	cursor uint64 // up to here it is covered
	epoch  uint64
	owner  string // who wrote the fence; "" when that is purged
	claim  guarantees.Range
	ended  bool

	record  Record // that covers a range for the first time
	have    bool
	entries []pipeline.Entry // its, in order, from its first new message on
	at      int              // next of entries
	want    int              // df: terms that it has to give a value

	published func(before time.Time) (to uint64, err error)
	failed    error

	seen    bool // something of the log was there
	tail    uint64
	lost    *Finding
	counts  []topics.Counts
	windows windows
	late    windows

	renumbers bool // its state has counted documents twice
}

func newLane(h *History, s *Stream, f *findings) *lane {
	l := &lane{published: h.Published, stream: s, where: s.name(), promise: h.promise(s.Stage), findings: f, account: Account{Where: s.name()}, released: released{on: h.releases(s.Stage)}}
	l.windows, l.late = newWindows(l, &l.account), newWindows(l, &Account{})
	l.windows.alone, l.late.alone = h.Raced, h.Raced
	l.next, l.stop = iter.Pull2(s.Records)
	return l
}

// has says whether the stage's records hold entries by position, df values, or
// windows.
func (l *lane) hasEntries() bool { return rank(l.stream.Stage) == 0 || rank(l.stream.Stage) == 2 }

// rank is a stage's place in the graph.
func rank(stage string) int { return slices.Index(pipeline.Stages(), stage) }

// reach reads records until they cover a log message, or end.
func (l *lane) reach(sequence uint64) error {
	for !l.ended && l.cursor < sequence {
		if err := l.take(); err != nil {
			return err
		}
	}
	return nil
}

// take reads one record.
func (l *lane) take() error {
	l.close()
	if l.failed != nil {
		return l.failed
	}
	r, err, ok := l.next()
	if err != nil {
		return err
	}
	if !ok {
		l.ended = true
		return nil
	}
	l.account.Records++
	if l.released.on && r.Kind == guarantees.Announced {
		return nil // the fence of its owner follows, if it was not replaced before
	}
	if !l.begun {
		l.start(r)
	}
	if l.released.on {
		l.takeReleased(r)
		return nil
	}
	l.owned(r)
	switch r.Kind {
	case guarantees.Fence:
		l.account.Fences++
		if r.To != l.cursor {
			l.say(Cursor, r, "a fence at %d, the stream is at %d", r.To, l.cursor)
		}
	case guarantees.Rewound:
		l.account.Fences++
		if !l.promise.Holds() {
			l.say(Alien, r, "%q under %s", r.Kind, l.promise)
		} else if r.To != l.cursor {
			l.say(Cursor, r, "attempt %d begins at %d, what counts of the stream ends at %d", r.Attempt, r.To, l.cursor)
		}
		l.unseen(r)
	case guarantees.Aborted:
		l.account.Aborted++
	case guarantees.Ack:
		l.known(r, guarantees.AtLeastOnce)
		if r.To > l.cursor {
			l.say(Cursor, r, "an acknowledgement up to %d, the stream is at %d", r.To, l.cursor)
		}
	case guarantees.Claimed:
		l.known(r, guarantees.AtMostOnce)
		if r.From != l.cursor+1 {
			l.say(Cursor, r, "a claim of %d..%d, the stream is at %d", r.From, r.To, l.cursor)
		}
		l.claim = guarantees.Range{From: r.From, To: r.To}
	case guarantees.Hole:
		l.known(r, guarantees.AtMostOnce)
		l.covers(r)
	case guarantees.Done:
		if l.promise.Guarantee == guarantees.AtMostOnce && l.claim != (guarantees.Range{From: r.From, To: r.To}) {
			l.say(Alien, r, "a unit %d..%d that was not claimed", r.From, r.To)
		}
		l.covers(r)
	}
	return nil
}

// start is for the first record: what was before it may have been purged.
func (l *lane) start(r Record) {
	if !l.stream.Purged {
		l.begun = true
		return
	}
	if l.epoch = r.Epoch; fences(r.Kind) {
		l.epoch--
	}
	if r.Trigger == "" && r.Kind != guarantees.Aborted {
		l.begun, l.begin, l.cursor = true, r.From-1, r.From-1
	}
}

// say notes something about a record.
func (l *lane) say(kind Kind, r Record, format string, args ...any) {
	l.findings.add(kind, l.where, 1, min(r.From, max(r.To, 1)), max(r.From, r.To), fmt.Sprintf("record %d by %s in epoch %d: ", r.Sequence, r.Worker, r.Epoch)+fmt.Sprintf(format, args...))
}

// known refuses kinds of records that the promise has no use for.
func (l *lane) known(r Record, of string) {
	if l.promise.Guarantee != of {
		l.say(Alien, r, "%q under %s", r.Kind, l.promise)
	}
}

// owned checks that epochs rise with fences, and that nobody writes behind the
// fence of the next one.
func (l *lane) owned(r Record) {
	switch {
	case fences(r.Kind) && r.Epoch > l.epoch:
	case fences(r.Kind):
		l.say(Fence, r, "a fence, and epoch %d had begun", l.epoch)
	case r.Epoch < l.epoch:
		l.say(Fence, r, "it covers %d..%d behind the fence of epoch %d", r.From, r.To, l.epoch)
	case r.Epoch > l.epoch:
		l.say(Fence, r, "an epoch that no fence began")
	case l.owner != "" && r.Worker != l.owner:
		l.say(Fence, r, "the fence of its epoch is %s's", l.owner)
	}
	if fences(r.Kind) && r.Epoch >= l.epoch {
		l.owner = r.Worker
	}
	l.epoch = max(l.epoch, r.Epoch)
}

// fences says whether records of a kind begin an epoch.
func fences(k guarantees.Kind) bool { return k == guarantees.Fence || k == guarantees.Rewound }

// unseen checks that nothing had been published of what an attempt does again:
// it begins behind the last snapshot that was complete, and nothing behind that
// may have been seen.
func (l *lane) unseen(r Record) {
	if l.published == nil {
		return
	}
	to, err := l.published(r.Time)
	if err != nil {
		l.failed = err
		return
	}
	if to > r.To {
		l.findings.add(Early, l.where, to-r.To, r.To+1, to, fmt.Sprintf("attempt %d begins behind %d, and results up to %d had been published", r.Attempt, r.To, to))
	}
}

// covers takes a record that speaks for its range.
func (l *lane) covers(r Record) {
	l.claim = guarantees.Range{}
	l.emitted(r)
	if r.Trigger != "" || r.To <= l.cursor {
		l.renumbers = l.renumbers || l.promise.Recovery == guarantees.Kept
		l.repeated(r, r.To)
		return
	}
	if r.From > l.cursor+1 {
		l.findings.add(Gap, l.where, r.From-1-l.cursor, l.cursor+1, r.From-1, fmt.Sprintf("record %d begins at %d, the one before ended at %d", r.Sequence, r.From, l.cursor))
	}
	if r.From <= l.cursor {
		l.say(Overlap, r, "it covers %d..%d, the one before ended at %d", r.From, r.To, l.cursor)
		l.repeated(r, l.cursor)
	}
	l.record, l.have, l.want = r, true, 0
	l.sort(max(r.From, l.cursor+1))
	l.cursor = r.To
	if len(r.Counts) > 0 {
		l.counts = append(l.counts[:0], r.Counts...)
	}
}

// sort puts the record's entries in order, from a log message on, and tells of
// those that were not.
func (l *lane) sort(from uint64) {
	l.entries, l.at = l.entries[:0], 0
	inOrder := true
	for i := range l.record.Entries {
		e := &l.record.Entries[i]
		s := e.Position.Sequence
		if s < l.record.From || s > l.record.To {
			l.unexpected(e)
			continue
		}
		if s < from {
			continue
		}
		if n := len(l.entries); n > 0 && e.Position.Compare(l.entries[n-1].Position) < 0 {
			inOrder = false
			l.findings.add(Disordered, l.where, 1, s, s, e.ID)
		}
		l.entries = append(l.entries, *e)
	}
	if !inOrder {
		slices.SortStableFunc(l.entries, func(a, b pipeline.Entry) int { return a.Position.Compare(b.Position) })
	}
}

// repeated counts what a record says again, up to a log message.
func (l *lane) repeated(r Record, to uint64) {
	n, example := uint64(0), fmt.Sprintf("record %d", r.Sequence)
	for i := range r.Entries {
		if e := &r.Entries[i]; e.Position.Sequence <= to && e.Kind == pipeline.DocumentEntry {
			if n == 0 {
				example += " from " + e.ID + " on"
			}
			n++
		}
	}
	if !l.hasEntries() {
		n = uint64(r.Values)
	}
	l.account.Repeated += n
	l.findings.add(Repeated, l.where, max(n, 1), r.From, min(r.To, to), example)
}

func (l *lane) unexpected(e *pipeline.Entry) {
	l.account.Unexpected++
	l.findings.add(Unexpected, l.where, 1, e.Position.Sequence, e.Position.Sequence, fmt.Sprintf("%s at %v", e.ID, e.Position))
}

// state is what the lane has for a log message.
type state int

const (
	covered state = iota
	holed         // lost, and it says so
	skipped       // no record speaks for it
	pending       // not yet
	purged        // not any more
)

func (l *lane) state(sequence uint64) state {
	switch {
	case sequence <= l.begin:
		return purged
	case sequence > l.cursor:
		return pending
	case !l.have || sequence < l.record.From:
		return skipped
	case l.record.Kind == guarantees.Hole:
		return holed
	}
	return covered
}

// missing says whether the record names the log message as one of which nothing
// came to it.
func (l *lane) missing(sequence uint64) bool {
	return slices.ContainsFunc(l.record.Missing, func(s pipeline.Stretch) bool { return s.From <= sequence && sequence <= s.To })
}

// got are the lane's entries of a log message.
func (l *lane) got(sequence uint64) []pipeline.Entry {
	for l.at < len(l.entries) && l.entries[l.at].Position.Sequence < sequence {
		l.unexpected(&l.entries[l.at])
		l.at++
	}
	first := l.at
	for l.at < len(l.entries) && l.entries[l.at].Position.Sequence == sequence {
		l.at++
	}
	return l.entries[first:l.at]
}

// lose notes a document that is not there.
func (l *lane) lose(e *pipeline.Entry) {
	l.lost = l.findings.add(Lost, l.where, 1, e.Position.Sequence, e.Position.Sequence, e.ID)
	if l.seen {
		l.tail++
	} else {
		l.lost.Beginning++
	}
}

// present notes that something is there: what was lost before it is not lost at
// the end.
func (l *lane) present() {
	l.seen = true
	if l.tail > 0 {
		l.lost.Middle += l.tail
		l.tail = 0
	}
}

// close checks what can be said of a record only at its end.
func (l *lane) close() {
	if !l.have {
		return
	}
	for ; l.at < len(l.entries); l.at++ {
		l.unexpected(&l.entries[l.at])
	}
	if rank(l.stream.Stage) == 1 && l.record.Kind == guarantees.Done {
		l.terms()
	}
	l.have = false
}

// terms compares the df values of a record with the terms that came in.
func (l *lane) terms() {
	got, want := l.record.Values, l.want
	l.account.Out += uint64(min(got, want))
	switch {
	case got < want:
		l.account.Lost += uint64(want - got)
		l.say(Sum, l.record, "%d terms of log messages %d..%d came in, %d values went out", want, l.record.From, l.record.To, got)
	case got > want:
		l.account.Unexpected += uint64(got - want)
		l.say(Sum, l.record, "%d terms of log messages %d..%d came in, %d values went out", want, l.record.From, l.record.To, got)
	}
}

// finish reads what stands behind the log's last message.
func (l *lane) finish(last uint64) error {
	for !l.ended {
		if err := l.take(); err != nil {
			return err
		}
		if l.have && l.record.To > last {
			l.say(Unexpected, l.record, "it covers log messages up to %d, the log ends at %d", l.record.To, last)
			l.entries = l.entries[:0]
		}
	}
	if l.tail > 0 {
		l.lost.End += l.tail
	}
	l.unfilled()
	for _, c := range l.counts {
		if c.In != c.Sum() {
			l.findings.add(Sum, l.where, 1, last, last, fmt.Sprintf("%s: %d in, %d windowed, %d late, %d untimed, %d from the future, %d dropped", c.Definition, c.In, c.Windowed, c.Late, c.Untimed, c.Future, c.Dropped))
		}
	}
	l.windows.finish()
	l.late.finish()
	return nil
}
