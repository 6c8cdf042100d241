package pipeline

import "tidings"

// Version is a model at one exact place: how many updates it has applied, and
// the chain hash of their positions and labels, in the order in which they were.
type Version struct {
	Updates uint64
	Chain   uint64
}

// Add is the version behind one more update.
func (v Version) Add(p tidings.Position, label string) Version {
	return Version{v.Updates + 1, chainHash(v.Chain, p, label)}
}

// Learnt is what a unit made of a classify partition's replica of the model.
// The updates themselves are not listed: they are the labelled documents and the
// late labels of the log that the unit covers, in order, but for those that are named here. Whoever
// reads them there comes from Before to After, or else the record is wrong.
type Learnt struct {
	Before, After Version
	Missing       []Stretch          // log messages of which nothing came
	Skipped       []tidings.Position // documents and late labels that came and were not learnt
}

// Stretch is a run of log sequences, both inclusive.
type Stretch struct{ From, To uint64 }

// Left says whether the replica did not learn the labelled document at a
// position, although the unit covers it.
func (l *Learnt) Left(p tidings.Position) bool {
	for _, m := range l.Missing {
		if m.From <= p.Sequence && p.Sequence <= m.To {
			return true
		}
	}
	for _, s := range l.Skipped {
		if s == p {
			return true
		}
	}
	return false
}

// account fills in what the unit's step made of the replica.
func (s *Classify) account(u *Unit, before Version) {
	l := &u.Learnt
	l.Before, l.After = before, s.learner.Version()
	l.Missing = l.Missing[:0]
	next := u.From
	for i := range u.Entries {
		l.missing(next, u.Entries[i].Position.Sequence)
		next = u.Entries[i].Position.Sequence + 1
	}
	l.missing(next, u.To+1)
}

// missing notes what lies before a sequence.
func (l *Learnt) missing(from, to uint64) {
	if from < to {
		l.Missing = append(l.Missing, Stretch{from, to - 1})
	}
}

// ledger writes what the unit made of the replica.
func (c *codec) ledger(u *Unit) {
	e, l := &c.enc, &u.Learnt
	e.uint(l.Before.Updates)
	e.fixed(l.Before.Chain)
	e.uint(l.After.Updates)
	e.fixed(l.After.Chain)
	at := u.From
	e.uint(uint64(len(l.Missing)))
	for _, m := range l.Missing {
		e.uint(m.From - at)
		e.uint(m.To - m.From)
		at = m.To
	}
	at = u.From
	e.uint(uint64(len(l.Skipped)))
	for _, p := range l.Skipped {
		e.uint(p.Sequence - at)
		e.uint(uint64(p.Line))
		at = p.Sequence
	}
}

func (c *codec) decodeLedger(u *Unit) {
	d, l := &c.dec, &u.Learnt
	l.Before = Version{d.uint(), d.fixed()}
	l.After = Version{d.uint(), d.fixed()}
	at := u.From
	for range d.count(2) {
		from := at + d.uint()
		to := from + d.uint()
		if from < at || to < from || to > u.To {
			d.fail()
			return
		}
		l.Missing = append(l.Missing, Stretch{from, to})
		at = to
	}
	at = u.From
	for range d.count(2) {
		p := tidings.Position{Sequence: at + d.uint(), Line: uint32(d.uint())}
		if p.Sequence < at || p.Sequence > u.To {
			d.fail()
			return
		}
		l.Skipped = append(l.Skipped, p)
		at = p.Sequence
	}
}
