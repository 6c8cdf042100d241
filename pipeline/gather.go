package pipeline

import "context"

// gatherTermsMax is how many terms a unit may have that is put together from
// several records, so that its own record stays far below what a broker takes. So
// does that of one with few terms and long texts: these records have UnitBytesMax
// together.
const gatherTermsMax = 16 << 10

// gather puts behind a unit what else is at hand on all sides, up to a unit's
// limits. Without it units would never be larger than those of the stage before:
// a stage to which a unit is dearer than a document (it asks a Redis) would fall
// behind one that takes documents as they come, and not catch up. It waits for
// nothing, and what comes of the unit does not depend on how it is cut. What is
// wrong with what comes behind the unit is told behind it.
func (in *zipInput) gather(ctx context.Context, u *Unit) error {
	last := in.planned.Limit(u.From, in.cuts.limit(u.From, ^uint64(0)))
	for in.gathers && !u.Barrier && u.To < last {
		more, err := in.atHand(ctx)
		if in.failed = err; err != nil || !more || !in.fits(u) {
			return nil
		}
		if err := in.extend(u, in.at+1); err != nil {
			return err
		}
	}
	return nil
}

// atHand says whether all sides have a frame, without waiting for one.
func (in *zipInput) atHand(ctx context.Context) (bool, error) {
	for _, s := range in.sides {
		for !s.have {
			if s.overtaken == nil && !s.arrivals.due() {
				return false, nil
			}
			if again, err := s.meet(ctx); again != nil || err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// fits says whether a unit has room for all that the frames hold.
func (in *zipInput) fits(u *Unit) bool {
	entries, terms, bytes := len(u.Entries), len(u.Terms), u.bytes
	for _, s := range in.sides {
		if !s.known {
			bytes += s.bytes
		}
		if s.says {
			continue
		}
		entries += len(s.frame.Entries) - s.entry
		terms += len(s.frame.Terms)
	}
	return entries <= UnitDocumentsMax && terms <= gatherTermsMax && bytes <= UnitBytesMax
}
