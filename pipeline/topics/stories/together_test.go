package stories

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tell makes a story of so many documents, with the same names in each text.
func tell(here uint64, terms []string, names ...string) Told {
	t := Told{Here: here, Names: [][]string{names, names}}
	for _, term := range terms {
		t.Terms = append(t.Terms, Term{term, 1})
	}
	return t
}

func TestTogetherNeedsANameAndWordsInCommon(t *testing.T) {
	tests := map[string]struct {
		told []Told
		want [][]int
	}{
		"nothing":           {nil, nil},
		"both":              {[]Told{tell(3, []string{"cairo", "square"}, "Egypt"), tell(5, []string{"square", "army"}, "Egypt")}, [][]int{{1, 0}}},
		"no words":          {[]Told{tell(3, []string{"golf"}, "Donald Trump", "Scotland"), tell(5, []string{"tariff"}, "Donald Trump", "China"), tell(2, []string{"x"}, "China")}, [][]int{{1}, {0}, {2}}},
		"no name":           {[]Told{tell(3, []string{"bomb", "kills"}, "Iraq"), tell(5, []string{"bomb", "kills"}, "Nigeria")}, [][]int{{1}, {0}}},
		"people of a place": {[]Told{tell(3, []string{"war"}, "Ukraine"), tell(5, []string{"war"}, "Ukrainian")}, [][]int{{1, 0}}},
		"called the same":   {[]Told{tell(3, []string{"vaccine"}, "COVID-19"), tell(5, []string{"cases"}, "COVID-19")}, [][]int{{1, 0}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got [][]int
			for _, g := range Together(test.told) {
				got = append(got, g.Stories)
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("groups %v, want %v", got, test.want)
			}
		})
	}
}

// Properties, whatever is told:
//   - each story is in one group, and a group has the documents of its stories;
//   - each group has a name, if its stories say anything;
//   - groups come with most documents first;
//   - the same is told of the same.
func TestTogetherKeepsEveryStory(t *testing.T) {
	words := []string{"bomb", "kills", "talks", "storm", "vote"}
	names := []string{"Egypt", "Egyptian", "Cairo", "North Korea", "Korea", "", "COVID-19", "é", "the longest name there is"}
	rapid.Check(t, func(t *rapid.T) {
		var told []Told
		sum := uint64(0)
		for range rapid.IntRange(0, 12).Draw(t, "stories") {
			s := Told{Here: rapid.Uint64Range(0, 9).Draw(t, "here")}
			for _, w := range rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 4, rapid.ID).Draw(t, "terms") {
				s.Terms = append(s.Terms, Term{w, rapid.Float64Range(0, 2).Draw(t, "weight")})
			}
			s.Names = rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(names), 0, 4), 0, 4).Draw(t, "names")
			s.Phrases = rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(words), 0, 4), 0, 4).Draw(t, "phrases")
			sum += s.Here
			told = append(told, s)
		}
		for what, of := range map[string]func([]Told) []Group{"Together": Together, "Called": Called} {
			groups := of(told)
			var in []int
			documents := uint64(0)
			for i, g := range groups {
				here := uint64(0)
				for _, k := range g.Stories {
					here += told[k].Here
				}
				if here != g.Here || len(g.Stories) == 0 {
					t.Fatalf("%s: group %v of stories with %d documents", what, g, here)
				}
				if what == "Together" && (len(g.Names) == 0 || i > 0 && g.Here > groups[i-1].Here) {
					t.Fatalf("%s: group %v without a name, or behind %v", what, g, groups[max(i-1, 0)])
				}
				in, documents = append(in, g.Stories...), documents+g.Here
			}
			slices.Sort(in)
			for i, k := range in {
				if i != k {
					t.Fatalf("%s: stories %v", what, in)
				}
			}
			if len(in) != len(told) || documents != sum {
				t.Fatalf("%s: %d of %d stories, %d of %d documents", what, len(in), len(told), documents, sum)
			}
			if again := of(told); fmt.Sprint(again) != fmt.Sprint(groups) {
				t.Fatalf("%s: %v, and then %v", what, groups, again)
			}
		}
	})
}

func TestCalledPutsBehindWhatHasNoName(t *testing.T) {
	rise := tell(3, []string{"kills"})
	flu := tell(2, []string{"flu"})
	flu.Phrases = [][]string{{"flu", "people"}, {"bird flu"}}
	groups := Called([]Told{rise, flu, tell(1, []string{"morsi"}, "Mohamed Morsi")})
	if len(groups) != 3 || groups[0].Stories[0] != 1 || groups[1].Names[0] != "Mohamed Morsi" || len(groups[2].Names) > 0 {
		t.Errorf("groups %v", groups)
	}
	if !slices.Contains(groups[0].Names, "flu") || slices.Contains(groups[0].Names, "people") {
		t.Errorf("flu is called %q", groups[0].Names)
	}
}
