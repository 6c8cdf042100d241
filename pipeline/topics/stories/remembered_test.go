package stories

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidings/features"
	"tidings/pipeline/topics/bursts"
)

// remembered are months and what people remember of them: words of which a text,
// or a story's name, has one. The list was written down before any story was
// looked at.
var remembered = []struct{ month, words string }{
	{"2011-01", "Tunisia"}, {"2011-02", "Egypt|Mubarak|Cairo"}, {"2011-03", "Japan|Fukushima"}, {"2011-05", "Laden"},
	{"2011-07", "Norway|Breivik"}, {"2011-08", "Libya|Tripoli|Gaddafi"}, {"2011-10", "Libya|Gaddafi"}, {"2012-02", "Syria|Homs"},
	{"2012-08", "Olympic"}, {"2012-10", "Sandy"}, {"2012-11", "Gaza"}, {"2013-04", "Boston"}, {"2013-07", "Egypt|Morsi"},
	{"2013-08", "Syria|Ghouta"}, {"2013-11", "Haiyan|Philippines"}, {"2014-02", "Ukraine|Kiev"}, {"2014-03", "Crimea|Ukraine"},
	{"2014-07", "Gaza"}, {"2014-08", "Gaza"}, {"2014-10", "Ebola"}, {"2015-01", "Charlie Hebdo|Paris"}, {"2015-04", "Nepal"},
	{"2015-11", "Paris"}, {"2016-03", "Brussels"}, {"2016-07", "Turkey"}, {"2016-11", "Trump"}, {"2017-08", "Harvey"},
	{"2017-09", "Irma|Maria"}, {"2017-10", "Catalonia|Catalan"}, {"2018-06", "World Cup"}, {"2018-10", "Khashoggi"},
	{"2019-03", "Christchurch|Brexit"}, {"2019-04", "Sri Lanka"}, {"2019-08", "Hong Kong"}, {"2019-11", "Hong Kong"},
	{"2020-03", "COVID-19|coronavirus"}, {"2020-06", "COVID-19|Floyd"}, {"2021-06", "COVID-19"}, {"2021-08", "Taliban|Afghanistan|Kabul"},
	{"2022-02", "Ukraine|Russia"}, {"2022-03", "Ukraine|Russia"}, {"2022-06", "monkeypox"},
}

// Properties, of the months whose event is in at least 8 texts, of which there
// are at least 25:
//   - the event is among the five largest groups of stories by name in most;
//   - and among the five terms that rise most in most;
//   - putting stories together finds more than the five largest stories do.
//
// The bounds are what is reached. The list was fixed before any story was seen,
// and the settings were chosen on other months.
func TestQualityOfWhatPeopleRemember(t *testing.T) {
	namer, err := features.NewNamer()
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{t: t, observer: newObserver(Options{}), namer: namer, background: bursts.NewBackground(), counts: map[uint64]int{}}
	articles(t, "2010-07-01", "2022-07-01", func(a article) {
		if now := a.Time.Format("2006-01"); now != d.month {
			d.end()
			d.month = now
		}
		d.read(a)
	})
	d.end()
	d.tell("five largest stories", d.alone)
	d.tell("five largest groups of stories", d.together)
	d.tell("five terms that rise most", d.rising)
	found := func(of []answer) (n int) {
		for _, a := range of {
			if a.found {
				n++
			}
		}
		return n
	}
	if len(d.together) < 25 || found(d.together) < 28 || found(d.rising) < 23 || found(d.together) <= found(d.alone) {
		t.Errorf("of %d months: largest stories %d, groups %d, terms %d", len(d.together), found(d.alone), found(d.together), found(d.rising))
	}
}

// told is how many stories of a month are looked at.
const toldOfMonth = 60

// diary reads months, and what is told of those that people remember.
type diary struct {
	t          *testing.T
	observer   *observer
	namer      *features.Namer
	background *bursts.Background
	terms      bursts.Terms

	month  string
	window bursts.Window
	texts  []string // of all articles, by position
	counts map[uint64]int

	alone, together, rising []answer
}

// answer is the five first of something.
type answer struct {
	month, words string
	texts        int // that have the words
	first        []string
	found        bool
}

func (d *diary) read(a article) {
	d.texts = append(d.texts, a.Text)
	d.counts[d.observer.observe(d.t, a)]++
	d.background.Read(&d.terms, &d.observer.dict, d.observer.order)
	d.window.Add(&d.terms)
}

// end ends a month.
func (d *diary) end() {
	of := 0
	for _, n := range d.counts {
		of += n
	}
	for _, r := range remembered {
		texts := 0
		for _, text := range d.texts[len(d.texts)-of:] {
			if has(text, r.words) {
				texts++
			}
		}
		if r.month != d.month || texts < 8 {
			continue
		}
		told := d.told()
		var alone, together, rising []string
		for _, s := range told[:min(len(told), 5)] {
			alone = append(alone, s.Name(s.Names))
		}
		for _, g := range Together(told) {
			together = append(together, strings.Join(g.Names, ", "))
		}
		for _, b := range d.window.Top(uint64(of), 5) {
			rising = append(rising, b.Text)
		}
		for of, first := range map[*[]answer][]string{&d.alone: alone, &d.together: together, &d.rising: rising} {
			first = first[:min(len(first), 5)]
			found := slices.ContainsFunc(first, func(name string) bool { return has(name, r.words) })
			*of = append(*of, answer{r.month, r.words, texts, first, found})
		}
	}
	clear(d.counts)
	d.window.Reset()
}

// told is the largest stories of the month.
func (d *diary) told() (told []Told) {
	ids := make([]uint64, 0, len(d.counts))
	for id := range d.counts {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uint64) int { return cmp.Or(d.counts[b]-d.counts[a], cmp.Compare(a, b)) })
	for _, id := range ids {
		story, open := d.observer.state.Story(id)
		if !open || len(told) == toldOfMonth {
			continue
		}
		s := Told{Story: story, Here: uint64(d.counts[id])}
		for _, p := range story.Central {
			s.Names = append(s.Names, d.namer.Names(d.texts[p.Sequence-1]))
		}
		told = append(told, s)
	}
	return told
}

func has(text, words string) bool {
	return slices.ContainsFunc(strings.Split(words, "|"), func(word string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(word))
	})
}

// tell logs what was found, with its names, and what was missed.
func (d *diary) tell(what string, of []answer) {
	var found, missed []string
	for _, a := range of {
		line := fmt.Sprintf("%s %s (%d texts): %s", a.month, a.words, a.texts, strings.Join(a.first, "; "))
		if a.found {
			found = append(found, line)
		} else {
			missed = append(missed, line)
		}
	}
	d.t.Logf("%s: %d of %d months\n%s\nmissed\n%s", what, len(found), len(of), strings.Join(found, "\n"), strings.Join(missed, "\n"))
}
