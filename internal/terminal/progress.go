package terminal

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// How often a Progress shows something, at most.
const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 5 * time.Second
	idleEvery  = time.Minute // likewise, while nothing happens
	jsonEvery  = time.Second
)

// noticeLinesMax bounds how much one notice says.
const noticeLinesMax = 40

// Status is how far a run is.
type Status struct {
	Stage       string  // "ingesting", "classifying", "testing"
	Unit        Unit    // of Documents, Total and Rate
	Documents   uint64  // done so far in this stage
	Total       uint64  // to do in this stage; 0: unknown
	Rate        float64 // documents a second now
	Accuracy    float64 // in [0, 1]; means nothing while Labelled is 0
	Labelled    uint64
	Lag         uint64 // log messages behind
	Rejected    uint64
	DeadLetters uint64
}

// Progress shows how a run goes on. On a terminal it is one line that is
// rewritten in place, at most ten times a second; elsewhere a plain line at most
// every five seconds, or every minute while nothing happens; or JSON records, one
// a line, at most one a second:
//
//	{"progress":{"stage":"classifying","documents":4096,...}}
//	{"progress":{"stage":"train.csv","unit":"bytes","done":262144,...}}
//	{"notice":"the broker listens on 127.0.0.1:4222"}
//
// The last status is always shown, by Finish. It is safe for concurrent use.
// What cannot be written is not shown: progress never stops a run.
type Progress struct {
	mu       sync.Mutex
	w        io.Writer
	json     bool
	clock    func() time.Time
	options  Options
	started  time.Time
	shown    time.Time
	status   Status
	told     *Status // what was shown last, nil before
	owed     bool    // status says more than that
	drawn    int     // columns of the live line on the terminal
	finished bool
}

// NewProgress returns a Progress that writes to w, usually standard error, as
// JSON when json is set. It finds out itself whether w is a terminal and how
// wide it is, then and whenever it draws. The environment is not consulted:
// give what Detect found as options to respect NO_COLOR and TERM. Of several
// options the first one counts.
func NewProgress(w io.Writer, json bool, clock func() time.Time, options ...Options) *Progress {
	p := &Progress{w: w, json: json, clock: clock, started: clock()}
	if len(options) > 0 {
		p.options = options[0]
	} else {
		p.options = Detect(w, nil)
		p.options.Color = false // NO_COLOR is not known
	}
	if json {
		p.options.Terminal = false
	}
	p.shown = p.started
	if p.options.Terminal || json {
		p.shown = time.Time{}
	}
	return p
}

// Show takes the newest status, and shows it when the last one was shown long
// enough ago. After Finish it does nothing.
func (p *Progress) Show(s Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	p.owed = p.owed || !p.idle(s)
	p.status = s
	if now := p.clock(); now.Sub(p.shown) >= p.every() {
		p.show(now)
	}
}

func (p *Progress) every() time.Duration {
	switch {
	case p.json:
		return jsonEvery
	case p.options.Terminal:
		return liveEvery
	case !p.owed:
		return idleEvery
	}
	return plainEvery
}

// idle says whether a status tells nothing that was not shown before: only the
// rate, which is what time makes of it.
func (p *Progress) idle(s Status) bool {
	if p.told == nil {
		return false
	}
	s.Rate = p.told.Rate
	return s == *p.told
}

func (p *Progress) show(now time.Time) {
	told := p.status
	p.shown, p.owed, p.told = now, false, &told
	since := now.Sub(p.started)
	switch {
	case p.json:
		p.record(struct {
			Progress any `json:"progress"`
		}{p.status.record(since)})
	case p.options.Terminal:
		p.draw(p.status.live(since, p.columns()-1, spinner(since)))
	default:
		p.write(string(p.status.sentence(since)) + "\n")
	}
}

// Notice shows what a person should know. It stands above the live line and
// stays; a notice of several lines stays several lines, at most
// noticeLinesMax. After Finish notices are still shown.
func (p *Progress) Notice(notice string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := noticeLines(notice)
	if p.json {
		p.record(struct {
			Notice string `json:"notice"`
		}{strings.Join(lines, "\n")})
		return
	}
	p.erase()
	p.write(strings.Join(lines, "\n") + "\n")
	if p.options.Terminal && !p.finished && !p.shown.IsZero() {
		p.show(p.clock())
	}
}

// noticeLines cleans a notice line by line.
func noticeLines(notice string) []string {
	var lines []string
	for l := range strings.Lines(notice) {
		if len(lines) == noticeLinesMax {
			lines = append(lines, string(ellipsis))
			break
		}
		indent := l[:len(l)-len(strings.TrimLeft(l, " "))]
		if t := clean(l); t != "" {
			lines = append(lines, indent[:min(len(indent), 8)]+string(t))
		}
	}
	if len(lines) == 0 {
		return []string{string(nothingVisible)}
	}
	return lines
}

// Finish shows the last status where it has not been shown, and leaves the
// terminal as if there had been no live line.
func (p *Progress) Finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	p.finished = true
	if p.owed && !p.options.Terminal {
		p.show(p.clock())
	}
	p.erase()
}

// draw replaces the live line.
func (p *Progress) draw(l line) {
	var b strings.Builder
	b.WriteByte('\r')
	b.WriteString(l.String(p.options.Color))
	columns := l.columns()
	if over := min(p.drawn, p.columns()-1) - columns; over > 0 {
		b.WriteString(strings.Repeat(" ", over))
	}
	p.drawn = columns
	p.write(b.String())
}

// erase takes the live line away. It needs no escape sequence, so that it
// works on the simplest terminal.
func (p *Progress) erase() {
	if p.drawn == 0 {
		return
	}
	p.write("\r" + strings.Repeat(" ", min(p.drawn, p.columns()-1)) + "\r")
	p.drawn = 0
}

// columns asks the terminal again, because people resize windows.
func (p *Progress) columns() int {
	if file, is := p.w.(interface{ Fd() uintptr }); is {
		if width, _, err := term.GetSize(descriptor(file)); err == nil && width > 0 {
			return width
		}
	}
	if p.options.Width > 0 {
		return p.options.Width
	}
	return WidthDefault
}

func (p *Progress) record(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		return // every value of the records can be encoded
	}
	p.write(string(line) + "\n")
}

func (p *Progress) write(s string) { _, _ = io.WriteString(p.w, s) }
