// Package terminal is what a person sees of a run: how it goes on (Progress)
// and, at its end, what came of it (Render).
//
// The one rule to keep: whatever comes from outside, be it a label, a
// headline, a term, an id or a reason, passes through clean before it is
// written. The compiler helps: only the type text is ever written, and a
// string becomes one in clean alone.
//
// A Progress owns the last line of its terminal between Show and Finish;
// whoever else writes there meanwhile goes through Notice. Render keeps no
// state.
package terminal

import (
	"io"
	"math"

	"golang.org/x/term"
)

// Widths in columns. Within them no line of a report is wider than the width
// asked for; a narrower terminal gets lines of WidthMin.
const (
	WidthMin     = 60
	WidthMax     = 140
	WidthDefault = 100
)

// Options say what the writer can show. The zero value is right for a file or
// a pipe: no colours, nothing rewritten in place.
type Options struct {
	// Width is how many columns there are; 0 stands for those of the terminal
	// that is written to, or WidthDefault where it is none. Render holds it
	// between WidthMin and WidthMax.
	Width int
	// Color allows colours, as SGR escape sequences of the sixteen colours
	// that a terminal's own theme defines.
	Color bool
	// Terminal says that a line can be rewritten in place.
	Terminal bool
}

// Detect finds out what w can show: whether it is a terminal and how wide.
// getenv looks up a variable of the environment, "" when unset, as os.Getenv
// does; nil stands for an empty environment. NO_COLOR, whatever its value,
// forbids colours (no-color.org), and TERM=dumb everything but plain lines.
func Detect(w io.Writer, getenv func(string) string) Options {
	file, is := w.(interface{ Fd() uintptr })
	if !is || !term.IsTerminal(descriptor(file)) {
		return Options{}
	}
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	width, _, err := term.GetSize(descriptor(file))
	if err != nil || width < 1 {
		width = 0 // a serial line may not know its size
	}
	if getenv("TERM") == "dumb" {
		return Options{Width: width}
	}
	return Options{Width: width, Color: getenv("NO_COLOR") == "", Terminal: true}
}

func descriptor(file interface{ Fd() uintptr }) int {
	fd := file.Fd()
	if fd > math.MaxInt32 {
		return -1 // a closed file has the highest descriptor, and is no terminal
	}
	return int(fd)
}

// width is the number of columns of a report that is written to w.
func (o Options) width(w io.Writer) int {
	if o.Width == 0 {
		o.Width = Detect(w, nil).Width
	}
	if o.Width == 0 {
		return WidthDefault
	}
	return min(max(o.Width, WidthMin), WidthMax)
}
