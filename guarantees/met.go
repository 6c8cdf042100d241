package guarantees

import (
	"errors"
	"fmt"
)

// Met says what a unit met where records are taken in the order in which they
// arrive: a stretch of one lane, which is all that one tokenize partition
// wrote. Then From and To of the record count the log messages that its
// partition has met, over all lanes; log sequences are these.
type Met struct {
	Lane     int    // the tokenize partition, from 1; 0: records are met in log order
	From, To uint64 // log sequences, both inclusive
	Aligned  bool   // all lanes had come to this one message, and it was met once
	Barrier  bool   // it ends with a barrier, for which lanes do not wait: each meets it by itself
	Through  uint64 // up to this log sequence all lanes have been met, with this record
}

// Span is the log sequences that a record speaks of.
func (h Header) Span() (from, to uint64) {
	if h.Met.Lane > 0 {
		return h.Met.From, h.Met.To
	}
	return h.From, h.To
}

// Through is the log sequence up to which nothing is left to be met.
func (h Header) Through() uint64 {
	if h.Met.Lane > 0 {
		return h.Met.Through
	}
	return h.To
}

// String is the form in headers: "2:17-24", then "!" where all lanes are
// aligned or "|" at a barrier where they are not, and how far all of them are:
// "<16".
func (m Met) String() string {
	sign := ""
	switch {
	case m.Aligned:
		sign = "!"
	case m.Barrier:
		sign = "|"
	}
	return fmt.Sprintf("%d:%d-%d%s<%d", m.Lane, m.From, m.To, sign, m.Through)
}

var errNotMet = errors.New("which is no stretch of a lane; a newer version of the program wrote it, or another program did")

func parseMet(s string) (m Met, err error) {
	if _, err := fmt.Sscanf(s, "%d:%d-%d<%d", &m.Lane, &m.From, &m.To, &m.Through); err != nil {
		var sign rune
		if _, err := fmt.Sscanf(s, "%d:%d-%d%c<%d", &m.Lane, &m.From, &m.To, &sign, &m.Through); err != nil {
			return Met{}, errNotMet
		}
		m.Aligned, m.Barrier = sign == '!', sign == '|'
	}
	if m.Lane < 1 || m.Lane > lanesMax || m.From == 0 || m.To < m.From || m.Aligned && m.From != m.To || m.String() != s {
		return Met{}, errNotMet
	}
	return m, nil
}

// lanesMax bounds what a header may say.
const lanesMax = 1 << 16
