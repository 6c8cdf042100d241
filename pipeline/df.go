package pipeline

import (
	"context"
	"errors"
	"io"

	"tidings"
	"tidings/features"
)

// DF counts in how many documents each term has occurred. It is divided by
// term; one DF serves the partitions that a worker owns.
type DF struct {
	features features.Options
	tables   []counter // by partition; nil: another worker's
	route    router
	slots    [][]uint32 // by partition: where its terms are in its table
	at       []uint64   // by partition: up to which log sequence its table was restored
	fixed    bool       // nothing is counted: terms have the df that they begin with

	promoted []tidings.Position // by partition: where the last version took over
}

// counter counts the terms of a partition: a *features.DF, or what stands for
// one that lives outside of the process.
type counter interface {
	Resolve(slots []uint32, hashes []uint64) []uint32
	Observe(slot uint32) uint32
	Next(hash uint64) uint32
	Tick(time int64)
	Digest() uint64
	Dropped() uint64
}

// NewDF makes the stage for the given partitions out of the plan's.
func NewDF(plan Plan, partitions []int) *DF {
	o, n := plan.Features, plan.Partitions.DF
	s := &DF{features: o, fixed: plan.Fixed, promoted: make([]tidings.Position, n), tables: make([]counter, n), slots: make([][]uint32, n), at: make([]uint64, n), route: newRouter(n)}
	for _, p := range partitions {
		s.tables[p] = features.NewDF(o)
	}
	return s
}

// Step fills the owned columns of DF: for each document in order, for each of
// its terms in order, the df that counts this document.
func (s *DF) Step(u *Unit) error {
	u.room(len(s.tables))
	s.route.terms(&u.Dict)
	for p, table := range s.tables {
		if s.counts(p, u) && !s.fixed {
			s.slots[p] = table.Resolve(s.slots[p], s.route.hashes[p])
		}
	}
	for i := range u.Entries {
		e := &u.Entries[i]
		switch e.Kind {
		case DocumentEntry:
			s.tick(u, e.Time)
			for _, t := range u.TermsOf(e) {
				at := s.route.at[t.Ref]
				if s.counts(int(at.partition), u) {
					u.DF[at.partition] = append(u.DF[at.partition], s.df(at))
				}
			}
			for p := range s.tables {
				if s.counts(p, u) {
					u.endValues(p, e.Position.Sequence)
				}
			}
		case PromoteEntry:
			s.promote(u, e)
		case EndEntry:
			for p, table := range s.tables {
				if s.counts(p, u) {
					u.ends[p] = append(u.ends[p], endDigest{e.Position, table.Digest(), table.Dropped()})
				}
			}
		}
	}
	return nil
}

// tick tells all tables of the next document, not those alone that have terms of
// it: so they forget at the same time.
func (s *DF) tick(u *Unit, time int64) {
	if s.features.DFHalfLife == (features.HalfLife{}) || s.fixed {
		return
	}
	for p, table := range s.tables {
		if s.counts(p, u) {
			table.Tick(time)
		}
	}
}

// df counts a term once more, if anything is counted, and returns its df.
func (s *DF) df(at route) uint32 {
	if s.fixed {
		return s.tables[at.partition].Next(s.route.hashes[at.partition][at.index])
	}
	return s.tables[at.partition].Observe(s.slots[at.partition][at.index])
}

// promote gives each table its share of the version's. A promotion that comes
// again changes nothing.
func (s *DF) promote(u *Unit, e *Entry) {
	for p := range s.tables {
		if !s.counts(p, u) || e.Position.Compare(s.promoted[p]) <= 0 {
			continue
		}
		s.promoted[p] = e.Position
		s.take(p, e.Promotion.version)
		if !s.fixed {
			s.slots[p] = s.tables[p].Resolve(s.slots[p], s.route.hashes[p])
		}
	}
}

// take makes a partition's table what it would be in the place of a version.
func (s *DF) take(partition int, v *ModelVersion) {
	table := v.DF.Part(partition, len(s.tables))
	if o, ok := s.tables[partition].(*redisCounts); ok {
		o.take(table)
		return
	}
	s.tables[partition] = table
}

// bring fetches the counts that a unit needs from where they live.
func (s *DF) bring(ctx context.Context, u *Unit) error {
	routed := false
	for p, table := range s.tables {
		o, ok := table.(*redisCounts)
		if !ok || !s.counts(p, u) {
			continue
		}
		if !routed {
			s.route.terms(&u.Dict)
			routed = true
		}
		if err := o.fetch(ctx, s.route.hashes[p]); err != nil {
			return err
		}
	}
	return nil
}

// counts says whether a unit is counted in a partition's table: it is this
// worker's, and has not met the unit before it was restored.
func (s *DF) counts(partition int, u *Unit) bool {
	return s.tables[partition] != nil && u.To > s.at[partition]
}

// router tells which df partition owns each term of a dictionary.
type router struct {
	n      int
	at     []route    // by ref
	hashes [][]uint64 // by partition: its terms
}

type route struct {
	partition int32
	index     uint32 // among its partition's terms
}

func newRouter(n int) router { return router{n: n, hashes: make([][]uint64, n)} }

func (r *router) terms(dict *features.Dictionary) {
	r.clear()
	r.more(dict)
}

func (r *router) clear() {
	r.at = r.at[:0]
	for p := range r.hashes {
		r.hashes[p] = r.hashes[p][:0]
	}
}

// more adds the terms that have come into the dictionary.
func (r *router) more(dict *features.Dictionary) {
	for _, h := range dict.Hashes()[len(r.at):] {
		p := features.Partition(h, r.n)
		r.at = append(r.at, route{int32(p), uint32(len(r.hashes[p]))})
		r.hashes[p] = append(r.hashes[p], h)
	}
}

// load restores the table of a partition, which had met the log up to a
// sequence.
func (s *DF) load(partition int, r io.Reader, at uint64) error {
	table, err := s.loaded(r)
	s.tables[partition], s.at[partition] = table, at
	return err
}

// loaded is a table that was saved.
func (s *DF) loaded(r io.Reader) (*features.DF, error) {
	table, err := features.LoadDF(r)
	if err == nil && !table.Fits(s.features) {
		err = errors.New("the df counts were made with another --df-half-life or --df-terms")
	}
	return table, err
}
