package topics

import (
	"slices"
	"sort"
)

// owns tells whether the partition counts a window of a series, by the number
// that Options.shareOf gives it.
func (s *State) owns(t *track, key uint64, number int64) bool {
	return s.options.owner(t.hash, key, number, s.partitions) == s.partition
}

// place counts a document with an event time in the windows that it is in. It is
// accounted for by the newest of them: where that is final all are.
func (s *State) place(t *track, d *Document, emit func(Window)) {
	newest, oldest := t.definition.newestWith(d.Time), t.definition.oldestWith(d.Time)
	if newest <= t.done {
		s.tooLate(t, d, newest, newest)
		return
	}
	sr, pooled := s.of(t, d)
	for n := newest; n >= oldest && n > t.done; n-- {
		w := sr.at(n)
		if w == nil && s.room(t, sr, n, emit) {
			w = t.start(sr, newWindow(n, s.seen, s.owns(t, sr.hash, n)))
		}
		if w != nil {
			w.add(d.Label, s.options.LabelsMax)
			s.hear(w, d)
		}
		if n == newest {
			s.account(t, s.owns(t, sr.hash, n), w != nil, pooled)
		}
	}
	t.drop(sr)
}

// room says whether a series may have one more open window, at a place. Where
// there are too many, since the sources are too far apart, the oldest ones do not
// wait for the last source any longer: what comes later is late, and nothing is
// dropped.
func (s *State) room(t *track, sr *series, place int64, emit func(Window)) bool {
	for len(sr.open) >= s.options.OpenMax || t.open >= OpenMaxLimit {
		oldest := t.oldest()
		if len(sr.open) >= s.options.OpenMax {
			oldest = t.place(sr.open[0])
		}
		if oldest >= place {
			return false
		}
		t.counts.Forced += s.finish(t, oldest, emit)
		t.keep(sr)
	}
	return true
}

// join counts a document in the session that it belongs to, which may be two
// until now. A session lies between two cuts, whose owner counts it.
func (s *State) join(t *track, d *Document, emit func(Window)) {
	longest := int64(s.options.sessionMax())
	between := floorDiv(d.Time, longest)
	if d.Time <= t.done {
		s.tooLate(t, d, d.Time, between)
		return
	}
	sr, pooled := s.of(t, d)
	owned := s.owns(t, sr.hash, between)
	touches := func(i int, from, to int64) bool {
		return i >= 0 && i < len(sr.open) && floorDiv(sr.open[i].number, longest) == between && uint64(to)-uint64(from) < uint64(t.definition.length)
	}
	next := sort.Search(len(sr.open), func(i int) bool { return sr.open[i].number > d.Time })
	before := next > 0 && (d.Time <= sr.open[next-1].last && floorDiv(sr.open[next-1].number, longest) == between || touches(next-1, sr.open[next-1].last, d.Time))
	behind := next < len(sr.open) && touches(next, d.Time, sr.open[next].number)
	var w *window
	switch {
	case before:
		w = sr.open[next-1]
		if behind {
			w.swallow(sr.open[next], s.options.LabelsMax)
			sr.open = slices.Delete(sr.open, next, next+1)
			t.open--
		}
	case behind:
		w = sr.open[next]
		w.number = d.Time
	case s.room(t, sr, d.Time, emit):
		w = newWindow(d.Time, s.seen, owned)
		w.last = d.Time
		t.start(sr, w)
	}
	if w != nil {
		w.last = max(w.last, d.Time)
		w.add(d.Label, s.options.LabelsMax)
		s.hear(w, d)
	}
	s.account(t, owned, w != nil, pooled)
	t.drop(sr)
}

// count counts a document of a definition that cuts by documents.
func (s *State) count(t *track, d *Document, emit func(Window)) {
	sr, pooled := s.of(t, d)
	if len(sr.open) == 0 {
		t.start(sr, newWindow(t.begun, s.seen, s.owns(t, sr.hash, t.begun)))
		t.begun++
	}
	w := sr.open[0]
	w.last = int64(s.seen)
	w.add(d.Label, s.options.LabelsMax)
	s.hear(w, d)
	s.account(t, w.owned, true, pooled)
	if s.options.By != ByAll {
		sr.heard = s.seen
		t.due = min(t.due, t.silentAt(sr))
	}
	full := w.documents == uint64(t.definition.documents)
	if full || int64(s.seen) >= t.due {
		s.fill(t, sr, full, emit)
	}
}

// account says where a document went, in the one partition that does so.
func (s *State) account(t *track, owned, windowed, pooled bool) {
	switch {
	case !owned:
		return
	case !windowed:
		t.counts.Dropped++
	default:
		t.counts.Windowed++
		if pooled {
			t.counts.Pooled++
		}
	}
	t.counts.In++
}

// tooLate counts a document whose window is final, and tells of it if there is
// room for one more. Its key is its own, however many there are.
func (s *State) tooLate(t *track, d *Document, number, share int64) {
	key, _ := s.options.By.key(d)
	room := s.late.room(s.seen, d, key)
	if !s.owns(t, s.options.By.hash(key), share) {
		return
	}
	t.counts.In++
	t.counts.Late++
	if room {
		t.counts.Listed++
		s.late.add(t, d, key, number, s.watermark())
	}
}

// uncounted accounts for a document that belongs to no window, in the one
// partition that does so for all.
func (s *State) uncounted(t *track, as *uint64) {
	if s.partition == 0 {
		t.counts.In++
		*as++
	}
}
