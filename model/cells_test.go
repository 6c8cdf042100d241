package model

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"
)

// TestCellsAgainstAMap verifies, for any order of touching cells:
//   - a cell is fresh when it is first touched, and keeps what is put in it
//     while its row moves and widens
//   - rows hold the cells of their mask, in label order, and no others
//   - no block overlaps another
//   - count is the number of cells
func TestCellsAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := cells{fresh: cell{3, 4}, max: 1 << 20}
		c.cover(groupLabels)
		g := &c.groups[0]
		want := map[[2]uint32]cell{}
		spread := rapid.Uint32Range(1, 1<<20).Draw(t, "spread")
		for i := range rapid.IntRange(100, 400).Draw(t, "touches") {
			feature := rapid.Uint32Range(0, 300).Draw(t, "feature") * spread
			mask := rapid.Uint64().Draw(t, "labels")
			for range rapid.IntRange(0, 4).Draw(t, "thin out") {
				mask &= rapid.Uint64().Draw(t, "of the labels")
			}
			r := c.widen(g, feature, mask)
			if mask == 0 {
				continue
			}
			for m := mask; m != 0; m &= m - 1 {
				l := bits.TrailingZeros64(m)
				at := &c.of(r)[rank(r.mask, uint(l))]
				key := [2]uint32{feature, uint32(l)}
				old, ok := want[key]
				if !ok {
					old = c.fresh
				}
				if *at != old {
					t.Fatalf("feature %d, label %d holds %v, want %v", feature, l, *at, old)
				}
				*at = cell{float32(i), float32(l)}
				want[key] = *at
			}
		}
		checkCells(t, &c, want)
	})
}

func checkCells(t *rapid.T, c *cells, want map[[2]uint32]cell) {
	g, seen, owner := &c.groups[0], 0, map[uint32]uint32{}
	for _, r := range g.rows {
		if r.mask == 0 {
			continue
		}
		if g.find(r.feature) == nil {
			t.Fatalf("feature %d is there and not found", r.feature)
		}
		of := c.of(&r)
		for k, m := 0, r.mask; m != 0; k, m = k+1, m&(m-1) {
			key := [2]uint32{r.feature, uint32(bits.TrailingZeros64(m))}
			if of[k] != want[key] {
				t.Fatalf("feature %d, label %d holds %v, want %v", key[0], key[1], of[k], want[key])
			}
			seen++
		}
		for at := r.at; at < r.at+1<<class(len(of)); at++ {
			if other, taken := owner[at]; taken {
				t.Fatalf("features %d and %d share a block", other, r.feature)
			}
			owner[at] = r.feature
		}
	}
	for class, free := range c.blocks.free {
		for _, at := range free {
			for i := at; i < at+1<<class; i++ {
				if f, taken := owner[i]; taken {
					t.Fatalf("a free block lies on that of feature %d, or on another free one", f)
				}
				owner[i] = ^uint32(0)
			}
		}
	}
	if seen != len(want) || c.count != len(want) {
		t.Fatalf("%d cells, counted %d, want %d", seen, c.count, len(want))
	}
}

func TestGroupMaskHasABitForEachLabel(t *testing.T) {
	for _, test := range []struct {
		group, labels int
		want          uint64
	}{{0, 1, 1}, {0, 3, 7}, {0, 64, ^uint64(0)}, {0, 65, ^uint64(0)}, {1, 65, 1}, {1, 128, ^uint64(0)}} {
		if got := groupMask(test.group, test.labels); got != test.want {
			t.Errorf("group %d of %d labels: %x, want %x", test.group, test.labels, got, test.want)
		}
	}
}
