package pipeline

import (
	"bytes"
	"testing"

	"tidings"
	"tidings/model/drift"
)

// Properties: a record in which nothing alarmed has no byte more than one of
// before there were detectors; one with alarms gives them back to their entries,
// those of its partition alone.
func TestAlarmsTakeNoRoomWhereThereAreNone(t *testing.T) {
	u := &Unit{From: 1, To: 3}
	u.room(1)
	for sequence := uint64(1); sequence <= 3; sequence++ {
		u.Entries = append(u.Entries, Entry{Kind: DocumentEntry, Position: tidings.Position{Sequence: sequence}, ID: "d", Time: noTime})
	}
	encode := func(owns func(uint64) bool) []byte {
		var c codec
		data, err := c.encode(u, []byte{predictionsSection}, 0, owns)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(data)
	}
	all := func(uint64) bool { return true }
	quiet := encode(all)
	u.Entries[1].Alarms = []drift.Alarm{{Detector: drift.Terms, Statistic: .2, Threshold: .1}}
	loud := encode(all)
	if !bytes.HasPrefix(loud, quiet) || len(loud) == len(quiet) || loud[len(quiet)] != alarmsSection {
		t.Errorf("%d bytes without an alarm, %d with one", len(quiet), len(loud))
	}
	var c codec
	again := &Unit{From: 1, To: 3}
	if err := c.decode(again, loud, 0); err != nil || len(again.AllAlarms()) != 1 || again.AllAlarms()[0].Position.Sequence != 2 {
		t.Errorf("alarms %v, %v", again.AllAlarms(), err)
	}
	if others := encode(func(sequence uint64) bool { return sequence != 2 }); bytes.Contains(others, []byte(drift.Terms)) {
		t.Error("an alarm stands in the record of a partition that does not own its position")
	}
}

// Properties: a snapshot of before there were detectors is read, and they begin
// with what comes; one that is damaged, or of other detectors, is refused and
// changes nothing.
func TestSnapshotsWithoutDetectorsAreRead(t *testing.T) {
	w, err := newWatch(drift.Options{})
	if err != nil {
		t.Fatal(err)
	}
	empty := w.digest()
	for range 100 {
		w.set.Outcome(true)
	}
	var saved bytes.Buffer
	if err := w.save(&saved); err != nil {
		t.Fatal(err)
	}
	full := w.digest()
	if err := w.load(bytes.NewReader(saved.Bytes()[:saved.Len()-1])); err == nil || w.digest() != full {
		t.Errorf("one that ends too early: %v", err)
	}
	others := &watch{options: drift.Options{Detectors: []drift.Spec{drift.ADWIN}}, set: new(drift.Set)}
	if err := others.load(bytes.NewReader(saved.Bytes())); err == nil || others.digest() != 0 {
		t.Errorf("one of other detectors: %v", err)
	}
	if err := w.load(bytes.NewReader(nil)); err != nil || w.digest() != empty {
		t.Errorf("one of before: %v, digest %x, want %x", err, w.digest(), empty)
	}
	if err := w.load(&saved); err != nil || w.digest() != full {
		t.Errorf("its own: %v, digest %x, want %x", err, w.digest(), full)
	}
}
