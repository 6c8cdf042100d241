package topics

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// finish closes the windows of event time up to a place and emits those of the
// partition, of which it tells the number.
func (s *State) finish(t *track, done int64, emit func(Window)) (owned uint64) {
	if done <= t.done {
		return 0
	}
	t.done = done
	if done < t.due {
		return 0
	}
	for _, w := range t.close(done) {
		s.final(t, w, emit)
		if w.owned {
			owned++
		}
	}
	s.settle(t)
	return owned
}

// fill closes the count window of a series, if it is full, and those of keys that
// have fallen silent.
func (s *State) fill(t *track, sr *series, full bool, emit func(Window)) {
	var closed []*window
	if full {
		closed = t.shut(sr, 1)
	}
	silent := int64(s.seen) >= t.due
	if silent {
		for _, other := range t.series {
			if int64(s.seen) >= t.silentAt(other) {
				closed = append(closed, t.shut(other, len(other.open))...)
			}
		}
		inOrder(closed)
	}
	for _, w := range closed {
		s.final(t, w, emit)
	}
	if silent {
		s.settle(t)
	} else {
		t.drop(sr)
	}
}

// end closes all that the end of the last source closes.
func (s *State) end(t *track, emit func(Window)) {
	switch d := t.definition; {
	case d.kind == count:
		var closed []*window
		for _, sr := range t.series {
			closed = append(closed, t.shut(sr, len(sr.open))...)
		}
		inOrder(closed)
		for _, w := range closed {
			s.final(t, w, emit)
		}
		s.settle(t)
	case d.kind == 0 || s.newest == NoTime:
	case d.kind == session:
		s.finish(t, s.newest, emit)
	default:
		s.finish(t, d.newestWith(s.newest), emit)
	}
}

// final emits the last result of a window that is not among the open ones any
// more, and remembers what the next one may ask of it.
func (s *State) final(t *track, w *window, emit func(Window)) {
	if w.owned {
		r := t.result(w, &s.options, s.before(t, w, &w.of.before))
		s.remember(t, w, &w.of.before, r.Shares)
		s.reader.tell(&r, w.contents)
		s.reader.let(w.contents)
		emit(r)
		return
	}
	s.remember(t, w, &w.of.before, nil)
}

// before is the window before w, if last is that, or nothing.
func (s *State) before(t *track, w *window, last *past) *past {
	number := s.options.shareOf(t.definition, w.number)
	switch {
	case !last.known:
	case t.definition.kind == count, number-last.number == 1:
		return last
	case t.definition.kind == session && number == last.number:
		return last
	}
	return &past{}
}

// remember makes a window the one before.
func (s *State) remember(t *track, w *window, last *past, shares []Share) {
	if s.options.PopularUntil == 0 {
		return
	}
	last.known, last.number, last.labels = true, s.options.shareOf(t.definition, w.number), nil
	for i := range shares {
		if shares[i].Popular {
			last.labels = append(last.labels, shares[i].Label)
		}
	}
	slices.Sort(last.labels)
}

// settle forgets the windows that no window can ask for any more and the series
// that hold nothing, and works out when there is something to do again.
func (s *State) settle(t *track) {
	counts := t.definition.kind == count
	now := t.done
	if counts {
		now = int64(s.seen)
	}
	t.due = math.MaxInt64
	for _, sr := range t.series {
		stale := s.staleAt(t, sr)
		if now >= stale {
			sr.before = past{}
		}
		if len(sr.open) > 0 && !counts {
			t.due = min(t.due, t.place(sr.open[0]))
		}
		if sr.before.known || len(sr.open) > 0 && counts {
			t.due = min(t.due, stale)
		}
	}
	t.forget()
}

// staleAt is the place, or of count windows the ordinal, from which on no window
// of a series can ask for the one that closed last.
func (s *State) staleAt(t *track, sr *series) int64 {
	switch {
	case t.definition.kind == count:
		return t.silentAt(sr)
	case !sr.before.known:
		return math.MaxInt64
	case t.definition.kind != session:
		return sr.before.number + 1
	}
	longest := int64(s.options.sessionMax())
	if sr.before.number > math.MaxInt64/longest-2 {
		return math.MaxInt64
	}
	return (sr.before.number + 2) * longest
}

// silentAt is the ordinal of the document with which a key's count window is
// closed if none of its own comes before.
func (t *track) silentAt(sr *series) int64 {
	if t.keys == nil {
		return math.MaxInt64
	}
	return int64(sr.heard) + SilentWindows*t.definition.documents
}

// provisional emits results of all open windows that have changed.
func (s *State) provisional(emit func(Window)) {
	for i := range s.tracks {
		s.tell(&s.tracks[i], func(*window) bool { return true }, emit)
	}
}

// overdue emits first results of what is over up to a place and still takes
// documents.
func (s *State) overdue(t *track, over int64, emit func(Window)) {
	if over < t.untold {
		return
	}
	s.tell(t, func(w *window) bool { return w.results == 0 && t.place(w) <= over }, emit)
	t.untold = math.MaxInt64
	for _, sr := range t.series {
		for _, w := range sr.open {
			if w.owned && w.results == 0 {
				t.untold = min(t.untold, t.place(w))
			}
		}
	}
}

// tell emits provisional results of the open windows that are asked for and
// have changed since the last one.
func (s *State) tell(t *track, ask func(*window) bool, emit func(Window)) {
	var told []Window
	for _, sr := range t.series {
		last := sr.before
		for _, w := range sr.open {
			asked := w.owned && w.told != w.documents && ask(w)
			if !w.owned || !asked && s.options.PopularUntil == 0 {
				continue
			}
			r := t.result(w, &s.options, s.before(t, w, &last))
			s.remember(t, w, &last, r.Shares)
			if asked {
				s.reader.tell(&r, w.contents)
				r.Provisional = true
				w.results++
				w.told = w.documents
				told = append(told, r)
			}
		}
	}
	if t.keys != nil {
		slices.SortFunc(told, func(a, b Window) int {
			return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Key, b.Key))
		})
	}
	for _, r := range told {
		emit(r)
	}
}
