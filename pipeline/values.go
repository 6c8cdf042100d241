package pipeline

import (
	"context"
	"errors"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// ErrNoValues reports that a pipeline writes no df values: with one partition
// of each stage they go from one function to the next.
var ErrNoValues = errors.New("with one partition of each stage no df values are written")

// DFValues tells how often each term had been counted where the log had been
// read up to a sequence, by the hash of the term: the highest df that a
// partition gave it, for no count ever falls. It reads all that tokenize and df
// have written, so it needs streams of which nothing was purged; memory is
// proportional to the distinct terms.
func DFValues(ctx context.Context, b *broker.Broker, p Plan, last uint64) (map[uint64]uint32, error) {
	if p.Partitions.Chained() {
		return nil, ErrNoValues
	}
	if p.Races() {
		return metValues(ctx, b, p)
	}
	// Whoever looks wants to see what comes again.
	g, err := resultsGate(ctx, b, p, false)
	if err != nil {
		return nil, err
	}
	in, err := openZip(ctx, reading{broker: b, plan: p, promise: guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}, gate: g}, []string{TokenizeStage, DFStage})
	if err != nil {
		return nil, err
	}
	defer in.close()
	df := map[uint64]uint32{}
	route := newRouter(p.Partitions.DF)
	var u Unit
	for in.at < last {
		u.Reset()
		if err := in.next(ctx, &u); err != nil {
			return nil, err
		}
		u.highest(&route, df)
	}
	return df, nil
}

// highest raises the counts to those that the unit has for its terms. Values of
// a partition that has not counted every document cannot be told apart.
func (u *Unit) highest(route *router, df map[uint64]uint32) {
	route.terms(&u.Dict)
	owned, next := make([]int, route.n), make([]int, route.n)
	for i := range u.Entries {
		for _, t := range u.TermsOf(&u.Entries[i]) {
			owned[route.at[t.Ref].partition]++
		}
	}
	for i := range u.Entries {
		for _, t := range u.TermsOf(&u.Entries[i]) {
			p := route.at[t.Ref].partition
			if u.lost[p] || owned[p] != len(u.DF[p]) {
				continue
			}
			hash := u.Dict.Hash(t.Ref)
			df[hash] = max(df[hash], u.DF[p][next[p]])
			next[p]++
		}
	}
}
