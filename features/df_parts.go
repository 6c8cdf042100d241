package features

import (
	"errors"
	"fmt"
	"slices"
)

// ErrOtherParts reports counts that are not the partitions of one df.
var ErrOtherParts = errors.New("the df counts are not those of all partitions of one df at one place of the log")

// JoinDF puts the partitions of a df together, which stand at the same place of
// the log. The whole has none of their memory.
func JoinDF(parts []*DF) (*DF, error) {
	if len(parts) == 0 || slices.Contains(parts, nil) {
		return nil, ErrOtherParts
	}
	whole, terms := parts[0].empty(), 0
	for _, part := range parts {
		terms += part.Len()
		whole.dropped += part.dropped
		if part.met != whole.met || part.Limit() != whole.Limit() || (part.bounded == nil) != (whole.bounded == nil) {
			return nil, ErrOtherParts
		}
	}
	if terms > whole.Limit() {
		return nil, fmt.Errorf("the partitions of df have %d terms together, the limit of one is %d", terms, whole.Limit())
	}
	if whole.bounded == nil {
		whole.reserve(terms)
	}
	for i, part := range parts {
		if whole.take(part, i, len(parts)) != part.Len() {
			return nil, ErrOtherParts
		}
	}
	return whole, nil
}

// Part returns the partition i of n, as a df with memory of its own. What the
// whole has dropped is counted by the first one.
func (t *DF) Part(i, n int) *DF {
	part := t.empty()
	if i == 0 {
		part.dropped = t.dropped
	}
	part.take(t, i, n)
	return part
}

// empty is a df without terms that forgets as this one does and has met the same
// documents.
func (t *DF) empty() *DF {
	e := &DF{met: t.met}
	if t.bounded != nil {
		e.bounded = newBounded(t.bounded.limit)
	}
	return e
}

// take copies what another df has of the partition i of n, and returns how many
// terms these are.
func (t *DF) take(from *DF, i, n int) int {
	before := t.Len()
	if t.bounded != nil {
		t.bounded.copy(from.bounded, i, n)
		return t.Len() - before
	}
	for _, s := range from.slots {
		if s.count > 0 && Partition(s.hash, n) == i {
			t.reserve(1)
			t.put(s)
		}
	}
	return t.Len() - before
}

// copy copies the shards of the partition i of n.
func (b *bounded) copy(from *bounded, i, n int) {
	for k := range b.shards {
		if partition(b.division.begins[k], n) != i {
			continue
		}
		b.shards[k] = from.shards[k]
		b.shards[k].slots = slices.Clone(from.shards[k].slots)
	}
}
