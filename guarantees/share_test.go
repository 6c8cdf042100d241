package guarantees

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawPartitions draws the partitions of up to four stages.
func drawPartitions(t *rapid.T) (all []string) {
	for _, stage := range []string{"tokenize", "df", "classify", "topics"} {
		for i := range rapid.IntRange(0, 9).Draw(t, stage) {
			all = append(all, fmt.Sprintf("%s/%d", stage, i))
		}
	}
	return all
}

func drawMembers(t *rapid.T, willing func(t *rapid.T) []string) []Member {
	members := make([]Member, rapid.IntRange(0, 9).Draw(t, "members"))
	for i := range members {
		members[i] = Member{ID: string(rune('a' + i)), Willing: willing(t)}
	}
	return members
}

func everything(*rapid.T) []string {
	return []string{"tokenize", "df", "classify", "topics", "projection"}
}

func drawWilling(t *rapid.T) []string {
	return rapid.SliceOfDistinct(rapid.SampledFrom([]string{"tokenize", "df", "classify", "topics", "df/0", "classify/1"}), rapid.ID).Draw(t, "willing")
}

func drawOwners(t *rapid.T, partitions []string) map[string]string {
	owners := map[string]string{}
	for _, p := range partitions {
		if id := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "gone"}).Draw(t, p); id != "" {
			owners[p] = id
		}
	}
	return owners
}

// Properties: whoever is willing, each partition that somebody is willing to
// run has one willing owner; nobody could hand one to a willing member that has
// two fewer; who shares again what was shared changes nothing; the order in
// which members are listed changes nothing.
func TestSharesAreCompleteLevelAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := drawPartitions(t)
		members := drawMembers(t, drawWilling)
		got := Share(members, partitions, drawOwners(t, partitions))
		has := map[string]int{}
		byID := map[string]Member{}
		for _, m := range members {
			byID[m.ID] = m
		}
		for p, id := range got {
			m, ok := byID[id]
			if !ok || !m.runs(p) || !slices.Contains(partitions, p) {
				t.Fatalf("%s belongs to %q", p, id)
			}
			has[id]++
		}
		for _, p := range partitions {
			for _, m := range members {
				if !m.runs(p) {
					continue
				}
				if owner, ok := got[p]; !ok {
					t.Fatalf("nobody has %s, which %s is willing to run", p, m.ID)
				} else if has[owner] > has[m.ID]+1 {
					t.Fatalf("%s with %d keeps %s, %s has %d", owner, has[owner], p, m.ID, has[m.ID])
				}
			}
		}
		if again := Share(members, partitions, got); !maps.Equal(again, got) {
			t.Fatalf("shared again: %v, was %v", again, got)
		}
	})
}

// Properties: the same members in another order share the same way.
func TestSharesDoNotDependOnWhoIsListedFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := drawPartitions(t)
		members := drawMembers(t, drawWilling)
		owners := drawOwners(t, partitions)
		got := Share(members, partitions, owners)
		if other := Share(rapid.Permutation(members).Draw(t, "order"), partitions, owners); !maps.Equal(other, got) {
			t.Fatalf("%v, in another order %v", got, other)
		}
	})
}

// Properties: where all are willing to run all, shares differ by one at most,
// and no more partitions leave a living owner than that takes.
func TestSharesMoveNoMoreThanTheyMust(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := drawPartitions(t)
		members := drawMembers(t, everything)
		owners := drawOwners(t, partitions)
		if len(members) == 0 {
			return
		}
		got := Share(members, partitions, owners)
		before, after, moved := map[string]int{}, map[string]int{}, 0
		for _, p := range partitions {
			after[got[p]]++
			if owner := owners[p]; slices.ContainsFunc(members, func(m Member) bool { return m.ID == owner }) {
				before[owner]++
				if got[p] != owner {
					moved++
				}
			}
		}
		counts := []int{}
		for _, m := range members {
			counts = append(counts, after[m.ID])
		}
		if slices.Max(counts)-slices.Min(counts) > 1 {
			t.Fatalf("shares of %v", counts)
		}
		if must := excess(members, before, len(partitions)); moved != must {
			t.Fatalf("%d moved, %d had to: %v to %v", moved, must, owners, got)
		}
	})
}

// excess is what members have above their quota when those with most get the
// larger quotas.
func excess(members []Member, has map[string]int, partitions int) (n int) {
	var counts []int
	for _, m := range members {
		counts = append(counts, has[m.ID])
	}
	slices.Sort(counts)
	slices.Reverse(counts)
	for i, c := range counts {
		quota := partitions / len(members)
		if i < partitions%len(members) {
			quota++
		}
		n += max(0, c-quota)
	}
	return n
}

// Properties: when a second process joins the only one, and when it leaves,
// whole stages move.
func TestSharesKeepStagesTogether(t *testing.T) {
	var partitions []string
	stages := everything(nil)[:4]
	for _, stage := range stages {
		partitions = append(partitions, stage+"/0", stage+"/1")
	}
	alone := []Member{{ID: "a", Willing: everything(nil)}}
	both := append(alone, Member{ID: "b", Willing: everything(nil)})
	one := Share(alone, partitions, nil)
	two := Share(both, partitions, one)
	fresh := Share(both, partitions, nil)
	for _, got := range []map[string]string{two, fresh} {
		for _, stage := range stages {
			if got[stage+"/0"] != got[stage+"/1"] {
				t.Errorf("%s is divided: %v", stage, got)
			}
		}
	}
	two["projection/0"] = two["topics/0"]
	three := Share(append(both, Member{ID: "c", Willing: everything(nil)}), append(partitions, "projection/0"), two)
	if three["classify/0"] != three["classify/1"] || three["topics/0"] != three["topics/1"] {
		t.Errorf("a stage is divided that need not be: %v", three)
	}
	var back []string
	for p, id := range Share(alone, partitions, two) {
		if id == "a" {
			back = append(back, p)
		}
	}
	if len(back) != len(partitions) {
		t.Errorf("the one who stays has %s", strings.Join(back, ", "))
	}
}

func BenchmarkShare(b *testing.B) {
	var partitions []string
	for _, stage := range everything(nil) {
		for i := range 64 {
			partitions = append(partitions, fmt.Sprintf("%s/%d", stage, i))
		}
	}
	var members []Member
	for i := range 16 {
		members = append(members, Member{ID: fmt.Sprint(i), Willing: everything(nil)})
	}
	owners := Share(members[:15], partitions, nil)
	b.ReportAllocs()
	for b.Loop() {
		Share(members, partitions, owners)
	}
}
