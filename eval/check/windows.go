package check

import (
	"fmt"
	"strings"

	"tidings/pipeline/topics"
)

// windowsMax is how many windows that wait for their like are held, and how many
// are remembered as emitted.
const windowsMax = 1 << 16

// windowName is what no two results of windows share, nor two documents that were
// too late for one.
type windowName struct {
	definition, key string
	number          int64
	revision        uint64       // of its results
	late            topics.Place // of a document
}

func nameOf(w topics.Window) windowName {
	return windowName{definition: w.Definition, key: w.Key, number: w.Number, revision: w.Revision}
}

func nameOfLate(l topics.Late) windowName {
	return windowName{definition: l.Definition, key: l.Key, number: l.Number, late: l.Position}
}

func (n windowName) String() string {
	s := fmt.Sprintf("%s number %d", n.definition, n.number)
	if n.key != "" {
		s = fmt.Sprintf("%s of %q number %d", n.definition, n.key, n.number)
	}
	switch {
	case n.late != topics.Place{}:
		return fmt.Sprintf("document %s, too late for %s", n.late, s)
	case n.revision > 0:
		return fmt.Sprintf("%s, result %d", s, n.revision)
	}
	return s
}

type windowSeen struct {
	digest  uint64
	at      uint64 // log message
	matched bool
}

// windows sets the windows that a lane emits beside the oracle's. They need not
// come at the same place: a run that lost or repeated documents closes them
// elsewhere.
//
// Documents that were too late are set beside each other in the same way.
type windows struct {
	lane    *lane
	account *Account
	alone   bool                      // there are none of an oracle: each has to come once
	want    map[windowName]windowSeen // of the oracle
	got     map[windowName]windowSeen // of the lane
	emitted []windowName              // those in got that found their like, oldest first
	sum     uint64                    // of digests
}

func newWindows(l *lane, a *Account) windows {
	return windows{lane: l, account: a, want: map[windowName]windowSeen{}, got: map[windowName]windowSeen{}}
}

// emitted takes the windows of a record.
func (l *lane) emitted(r Record) {
	for _, w := range r.Windows {
		l.windows.emit(nameOf(w), w.Digest(), r.To)
	}
	for _, late := range r.Late {
		l.late.emit(nameOfLate(late), late.Digest(), r.To)
	}
}

// lists says whether the lane's record tells of late documents one by one; those
// of older programs only count them.
func (l *lane) lists() bool {
	late, listed := uint64(0), uint64(0)
	for _, c := range l.counts {
		late, listed = late+c.Late, listed+c.Listed
	}
	return late == 0 || listed > 0
}

// emit takes one of the lane's.
func (ws *windows) emit(name windowName, digest, at uint64) {
	ws.sum += digest
	if _, twice := ws.got[name]; twice {
		ws.account.Repeated++
		ws.say(WindowRepeated, name, at)
		return
	}
	g := windowSeen{digest: digest, at: at}
	if ws.alone { // it is what it is paired with
		ws.account.In++
		ws.pair(name, g, g)
		return
	}
	if o, ok := ws.want[name]; ok {
		ws.pair(name, g, o)
		return
	}
	if len(ws.got) >= 2*windowsMax {
		ws.unexpected(name, at)
		return
	}
	ws.got[name] = g
}

// expect takes one of the oracle's.
func (ws *windows) expect(name windowName, digest, at uint64) {
	ws.account.In++
	o := windowSeen{digest: digest, at: at}
	if g, ok := ws.got[name]; ok && !g.matched {
		ws.pair(name, g, o)
		return
	}
	if len(ws.want) >= windowsMax {
		ws.lost(name, at)
		return
	}
	ws.want[name] = o
}

// pair sets two beside each other, and remembers the name for a while.
func (ws *windows) pair(name windowName, got, oracle windowSeen) {
	ws.account.Out++
	if got.digest != oracle.digest {
		ws.say(WindowDiffers, name, got.at)
	}
	delete(ws.want, name)
	got.matched = true
	ws.got[name] = got
	if ws.emitted = append(ws.emitted, name); len(ws.emitted) > windowsMax {
		delete(ws.got, ws.emitted[0])
		ws.emitted = ws.emitted[1:]
	}
}

func (ws *windows) say(kind Kind, name windowName, at uint64) {
	ws.lane.findings.add(kind, ws.lane.where, 1, at, at, name.String())
}

// lost takes a window that the run has not. Where documents are counted twice
// windows of so many documents are others, and have other numbers: then nothing
// is missing that was in it.
func (ws *windows) lost(name windowName, at uint64) {
	if ws.lane.renumbers && strings.HasPrefix(name.definition, "count:") && name.late == (topics.Place{}) {
		ws.account.Out++
		ws.say(WindowDiffers, name, at)
		return
	}
	ws.account.Lost++
	ws.say(WindowLost, name, at)
}

func (ws *windows) unexpected(name windowName, at uint64) {
	ws.account.Unexpected++
	ws.say(WindowUnexpected, name, at)
}

// finish tells of those that found no like, in order.
func (ws *windows) finish() {
	for _, name := range sorted(ws.want) {
		if w := ws.want[name]; w.at > ws.lane.cursor {
			ws.account.InFlight++
		} else {
			ws.lost(name, w.at)
		}
	}
	for _, name := range sorted(ws.got) {
		if w := ws.got[name]; !w.matched {
			ws.unexpected(name, w.at)
		}
	}
}
