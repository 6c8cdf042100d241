package check

import (
	"fmt"

	"tidings/pipeline/topics"
)

// windowsMax is how many windows that wait for their like are held, and how many
// are remembered as emitted.
const windowsMax = 1 << 16

type windowName struct {
	definition string
	number     int64
	revision   uint64 // of its results
}

func nameOf(w topics.Window) windowName { return windowName{w.Definition, w.Number, w.Revision} }

func (n windowName) String() string {
	if n.revision > 0 {
		return fmt.Sprintf("%s number %d, result %d", n.definition, n.number, n.revision)
	}
	return fmt.Sprintf("%s number %d", n.definition, n.number)
}

type windowSeen struct {
	digest  uint64
	at      uint64 // log message
	matched bool
}

// windows sets the windows that a lane emits beside the oracle's. They need not
// come at the same place: a run that lost or repeated documents closes them
// elsewhere.
type windows struct {
	lane    *lane
	alone   bool                      // there are none of an oracle: each has to come once
	want    map[windowName]windowSeen // of the oracle
	got     map[windowName]windowSeen // of the lane
	emitted []windowName              // those in got that found their like, oldest first
	sum     uint64                    // of digests
}

func newWindows(l *lane) windows {
	return windows{lane: l, want: map[windowName]windowSeen{}, got: map[windowName]windowSeen{}}
}

// emitted takes the windows of a record.
func (l *lane) emitted(r Record) {
	for _, w := range r.Windows {
		l.windows.emit(w, r.To)
	}
}

// emit takes one of the lane's.
func (ws *windows) emit(w topics.Window, at uint64) {
	ws.sum += w.Digest()
	name := nameOf(w)
	if _, twice := ws.got[name]; twice {
		ws.lane.account.Repeated++
		ws.say(WindowRepeated, name, at)
		return
	}
	g := windowSeen{digest: w.Digest(), at: at}
	if ws.alone { // it is what it is paired with
		ws.lane.account.In++
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
func (ws *windows) expect(w topics.Window, at uint64) {
	ws.lane.account.In++
	name := nameOf(w)
	o := windowSeen{digest: w.Digest(), at: at}
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
	ws.lane.account.Out++
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

func (ws *windows) lost(name windowName, at uint64) {
	ws.lane.account.Lost++
	ws.say(WindowLost, name, at)
}

func (ws *windows) unexpected(name windowName, at uint64) {
	ws.lane.account.Unexpected++
	ws.say(WindowUnexpected, name, at)
}

// finish tells of those that found no like, in order.
func (ws *windows) finish() {
	for _, name := range sorted(ws.want) {
		if w := ws.want[name]; w.at > ws.lane.cursor {
			ws.lane.account.InFlight++
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
