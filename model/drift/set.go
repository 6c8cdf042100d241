package drift

import (
	"github.com/cespare/xxhash/v2"
)

// Set is the detectors that watch one stream. The zero value has none.
type Set struct {
	all    []Detector
	alarms []Alarm
}

// New makes the detectors, which have seen nothing yet.
func New(o Options) (*Set, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	s := &Set{}
	for _, k := range o.parameters() {
		s.all = append(s.all, k.make(k.usual))
	}
	return s, nil
}

// Len is how many detectors there are.
func (s *Set) Len() int { return len(s.all) }

// Document shows the next document to all detectors: the hashes of its distinct
// terms. The alarms are valid until the next call.
func (s *Set) Document(terms []uint64) []Alarm {
	s.alarms = s.alarms[:0]
	for _, d := range s.all {
		if a, ok := d.Document(terms); ok {
			s.alarms = append(s.alarms, a)
		}
	}
	return s.alarms
}

// Outcome tells all detectors whether the first prediction of a document was
// wrong, once its label is known and before it is learnt. The alarms are valid
// until the next call.
func (s *Set) Outcome(wrong bool) []Alarm {
	s.alarms = s.alarms[:0]
	for _, d := range s.all {
		if a, ok := d.Outcome(wrong); ok {
			s.alarms = append(s.alarms, a)
		}
	}
	return s.alarms
}

// Clone returns a copy that goes its own way.
func (s *Set) Clone() *Set {
	c := &Set{all: make([]Detector, len(s.all))}
	for i, d := range s.all {
		c.all[i] = d.clone()
	}
	return c
}

// Bytes is the memory that all detectors hold.
func (s *Set) Bytes() (n int64) {
	for _, d := range s.all {
		n += d.Bytes()
	}
	return n
}

// Digest is a hash of all that the detectors remember.
func (s *Set) Digest() uint64 { return xxhash.Sum64(s.encode()) }
