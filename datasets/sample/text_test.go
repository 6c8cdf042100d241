package sample

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Wrong are "a apple" and "an pear"; words in u go either way.
var (
	aBeforeVowel  = regexp.MustCompile(`\b[Aa] [aeioAEIO]`)
	anBeforeOther = regexp.MustCompile(`\b[Aa]n [^aeiouAEIOU]`)
)

// Properties of every text: no marker is left; titles and sentences begin with
// a capital (a title may begin with a number), sentences end with a mark, no
// blank is doubled, quotation marks come in pairs, "a" and "an" are right.
func TestTextsReadLikeSentences(t *testing.T) {
	for _, o := range []Options{{}, {Seed: 1, Documents: 5000}} {
		for _, d := range generate(o) {
			for _, problem := range problems(d.Title, d.Text) {
				t.Fatalf("%+v, %s: %s\n%s\n%s", o, d.ID, problem, d.Title, d.Text)
			}
		}
	}
}

func problems(title, text string) []string {
	var found []string
	check := func(ok bool, what string) {
		if !ok {
			found = append(found, what)
		}
	}
	both := title + "\n" + text
	check(!strings.ContainsAny(both, "{}%"), "a marker is left")
	check(!strings.Contains(both, "  ") && strings.TrimSpace(text) == text, "superfluous blanks")
	check(!strings.Contains(both, ",,") && !strings.Contains(text, ".."), "doubled marks")
	check(strings.Count(text, `"`)%2 == 0, "an unpaired quotation mark")
	hourless := strings.ReplaceAll(both, "an hour", "each hour")
	check(!aBeforeVowel.MatchString(hourless) && !anBeforeOther.MatchString(hourless), "a wrong article")
	check(capital(title) || title[0] >= '0' && title[0] <= '9', "the title begins in lower case")
	check(!strings.HasSuffix(title, "."), "the title ends with a full stop")
	check(strings.HasSuffix(text, "."), "the text does not end with a full stop")
	sentences := strings.Split(strings.TrimSuffix(text, "."), ". ")
	check(len(sentences) >= 2 && len(sentences) <= 6, "not 2 to 6 sentences")
	for _, s := range sentences {
		check(capital(strings.TrimPrefix(s, `"`)), "a sentence begins in lower case: "+s)
	}
	slices.Sort(sentences)
	check(len(slices.Compact(sentences)) == len(sentences), "a sentence comes twice")
	return found
}

func capital(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' }

// Properties of the material: names are sorted and neighbours exist; every
// marker is known and stands where it can be filled; nothing is listed twice;
// lists are long enough for an article not to run out.
func TestMaterialIsComplete(t *testing.T) {
	if names := Topics(); len(names) != 12 || !slices.IsSorted(names) {
		t.Fatalf("topics %v", names)
	}
	for _, tp := range topics() {
		for _, near := range tp.near {
			if near == tp.name || !slices.Contains(Topics(), near) {
				t.Errorf("%s is said to be near %q", tp.name, near)
			}
		}
		if len(tp.near) < 4 || len(tp.events) < 2 {
			t.Errorf("%s has %d neighbours and %d events", tp.name, len(tp.near), len(tp.events))
		}
		const names, numbers, topical = "place town place2 org", "few nth tens hundreds thousands percent money score", "actor thing plural adj"
		const people, days = "person surname speaker, speaker witness,", "today yesterday soon"
		checkList(t, tp.name+".actors", tp.actors, 12, "")
		checkList(t, tp.name+".things", tp.things, 28, "")
		checkList(t, tp.name+".plurals", tp.plurals, 15, "")
		checkList(t, tp.name+".adjectives", tp.adjectives, 12, "")
		checkList(t, tp.name+".orgs", tp.orgs, 5, "coin town")
		checkList(t, tp.name+".deeds", tp.deeds, 10, topical+" "+numbers+" soon")
		checkList(t, tp.name+".facts", tp.facts, 12, topical+" "+names+" "+numbers+" "+people+" "+days)
		checkList(t, tp.name+".quotes", tp.quotes, 5, topical+" few")
		checkList(t, tp.name+".headlines", tp.headlines, 7, topical+" "+names+" "+numbers+" surname")
		for _, e := range tp.events {
			checkList(t, tp.name+".event", []string{e.name}, 1, "place coin")
			checkList(t, tp.name+"."+e.name, e.turns, 4, "event "+topical+" "+names+" "+numbers+" "+people+" "+days)
			for _, turn := range e.turns {
				if !strings.Contains(turn, "{event}") {
					t.Errorf("%s: %q does not name the event", tp.name, turn)
				}
			}
		}
	}
}

var marker = regexp.MustCompile(`\{(a )?([^}]*)\}`)

func checkList(t *testing.T, name string, list []string, least int, allowed string) {
	t.Helper()
	if len(list) < least {
		t.Errorf("%s has %d entries, want at least %d", name, len(list), least)
	}
	seen := map[string]bool{}
	for _, entry := range list {
		if seen[entry] {
			t.Errorf("%s lists %q twice", name, entry)
		}
		seen[entry] = true
		for _, m := range marker.FindAllStringSubmatch(entry, -1) {
			if slotOf(m[2]) == slotText || !slices.Contains(strings.Fields(allowed), m[2]) {
				t.Errorf("%s: {%s} cannot be filled in %q", name, m[2], entry)
			}
		}
	}
}

func TestCompileSplitsAtMarkers(t *testing.T) {
	tests := map[string]struct {
		pattern string
		want    template
	}{
		"empty":           {"", nil},
		"words":           {"no marker", template{{text: "no marker"}}},
		"marker":          {"{thing}", template{{slot: slotThing}}},
		"with article":    {"{a thing} here", template{{slot: slotThing, article: true}, {text: " here"}}},
		"between words":   {"the {adj} one", template{{text: "the "}, {slot: slotAdjective}, {text: " one"}}},
		"with comma":      {"{speaker,} said", template{{slot: slotSpeakerComma}, {text: " said"}}},
		"unknown":         {"x {nonsense} y", template{{text: "x {nonsense}"}, {text: " y"}}},
		"never closed":    {"x {thing", template{{text: "x {thing"}}},
		"closed too soon": {"x} {thing}", template{{text: "x} {thing}"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := compile(test.pattern); !slices.Equal(got, test.want) {
				t.Errorf("%q gives %+v, want %+v", test.pattern, got, test.want)
			}
		})
	}
}
