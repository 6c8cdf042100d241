package pipeline

import "tidings/model/drift"

// watched writes what the detectors of change said at the partition's entries,
// and what they remember where a source ends; nothing, not even that there is
// nothing, where they said nothing.
func (c *codec) watched(u *Unit, owns func(uint64) bool) {
	e := &c.enc
	n := uint64(0)
	for i := range u.Entries {
		if entry := &u.Entries[i]; entry.watched() && owns(entry.Position.Sequence) {
			n++
		}
	}
	if n == 0 {
		return
	}
	e.byte(alarmsSection)
	e.uint(n)
	own, last := uint64(0), uint64(0)
	for i := range u.Entries {
		entry := &u.Entries[i]
		if !owns(entry.Position.Sequence) {
			continue
		}
		if entry.watched() {
			e.uint(own - last)
			last = own
			e.fixed(entry.DriftDigest)
			e.uint(uint64(len(entry.Alarms)))
			for _, a := range entry.Alarms {
				e.name(a.Detector)
				e.float(a.Statistic)
				e.float(a.Threshold)
			}
		}
		own++
	}
}

// watched says whether there is anything to write of the entry.
func (e *Entry) watched() bool { return len(e.Alarms) > 0 || e.DriftDigest != 0 }

// decodeWatched gives the entries that were read before what was said there.
func (c *codec) decodeWatched(u *Unit) {
	d := &c.dec
	at := uint64(0)
	for i := range d.count(10) {
		step := d.uint()
		if at += step; d.err != nil || i > 0 && step == 0 || step > uint64(len(u.Entries)) || at >= uint64(len(u.Entries)) {
			d.fail()
			return
		}
		entry := &u.Entries[at]
		entry.DriftDigest = d.fixed()
		for range d.count(17) {
			entry.Alarms = append(entry.Alarms, drift.Alarm{Detector: d.name(), Statistic: d.float(), Threshold: d.float()})
		}
	}
}
