package stories

import (
	"cmp"
	"flag"
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

// chosenOn are other months, likewise written down beforehand, on which settings
// of Together, Called and bursts.Company were chosen: -stories.others asks for them
// instead, and holds no bound.
var chosenOn = []struct{ month, words string }{
	{"2010-10", "Chile"}, {"2010-11", "Cholera"}, {"2010-12", "WikiLeaks"}, {"2011-04", "Libya|Gaddafi"}, {"2011-06", "Syria"},
	{"2011-09", "Libya|Gaddafi"}, {"2011-11", "Egypt"}, {"2011-12", "Kim Jong"}, {"2012-01", "Costa Concordia"}, {"2012-03", "Syria"}, {"2012-05", "Houla|Syria"},
	{"2012-06", "Egypt|Morsi"}, {"2012-07", "Olympic"}, {"2012-09", "Benghazi|Muslims"}, {"2012-12", "Sandy Hook|Newtown"}, {"2013-01", "Mali"},
	{"2013-02", "Chelyabinsk|meteor"}, {"2013-03", "Cyprus"}, {"2013-05", "Oklahoma"}, {"2013-06", "Snowden"}, {"2013-09", "Nairobi|Westgate"},
	{"2013-12", "Mandela"}, {"2014-01", "Ukraine"}, {"2014-04", "Ukraine|Donetsk"}, {"2014-05", "Ukraine|Donetsk"}, {"2014-06", "World Cup"},
	{"2014-09", "Scotland|Scottish"}, {"2014-11", "Ferguson"}, {"2014-12", "AirAsia"}, {"2015-02", "Ukraine|Debaltseve"}, {"2015-03", "Yemen"},
	{"2015-05", "Nepal"}, {"2015-06", "Greece|Greek"}, {"2015-07", "Greece|Greek"}, {"2015-08", "Tianjin"}, {"2015-09", "migrant|refugee"},
	{"2015-10", "Syria"}, {"2015-12", "San Bernardino"}, {"2016-01", "Zika"}, {"2016-02", "Zika"}, {"2016-04", "Ecuador"}, {"2016-05", "Fort McMurray|EgyptAir"},
	{"2016-06", "European Union|Brexit"}, {"2016-08", "Olympic"}, {"2016-09", "Aleppo"}, {"2016-10", "Mosul"}, {"2016-12", "Aleppo"}, {"2017-01", "Trump"},
	{"2017-02", "Trump"}, {"2017-03", "Mosul"}, {"2017-04", "Khan Shaykhun|North Korea"}, {"2017-05", "Manchester"}, {"2017-06", "Qatar"}, {"2017-07", "Mosul"},
	{"2017-11", "Zimbabwe|Mugabe"}, {"2017-12", "Jerusalem"}, {"2018-01", "Afrin"}, {"2018-02", "Olympic"}, {"2018-03", "Skripal|Salisbury"},
	{"2018-04", "Syria|Douma"}, {"2018-05", "North Korea"}, {"2018-07", "Thai|Tham Luang"}, {"2018-08", "Genoa"}, {"2018-09", "Kavanaugh"}, {"2018-11", "California|Camp Fire"},
	{"2018-12", "Sunda"}, {"2019-01", "Venezuela|Guaid"}, {"2019-02", "Kashmir|Pakistan"}, {"2019-05", "Brexit|Theresa May"}, {"2019-06", "Hong Kong"},
	{"2019-07", "Hong Kong"}, {"2019-09", "Dorian"}, {"2019-10", "Hong Kong"}, {"2019-12", "impeach"}, {"2020-01", "Soleimani"}, {"2020-02", "coronavirus|COVID-19"},
	{"2020-04", "COVID-19"}, {"2020-05", "COVID-19"}, {"2020-07", "COVID-19"}, {"2020-08", "Beirut"}, {"2020-10", "Nagorno"}, {"2020-11", "Biden"},
	{"2021-02", "Myanmar"}, {"2021-03", "Suez|Ever Given"}, {"2021-05", "Gaza"}, {"2021-07", "Haiti"}, {"2021-09", "COVID-19"}, {"2022-01", "COVID-19"},
	{"2022-04", "Ukraine|Russia"}, {"2022-05", "Ukraine|Russia"}, {"2022-07", "Abe"}, {"2022-09", "Elizabeth"}, {"2022-10", "Ukraine|Russia"},
}

var others = flag.Bool("stories.others", false, "ask for the months on which settings were chosen")

// Properties, of the months whose event is in at least 8 texts, of which there
// are at least 25:
//   - the event is among the five largest groups of stories by name in most;
//   - and among the five rises that are surest in most;
//   - putting stories together finds more than the five largest stories do.
//
// The bounds are what is reached. The list was fixed before any story was seen,
// and the settings were chosen on other months.
func TestQualityOfWhatPeopleRemember(t *testing.T) {
	namer, err := features.NewNamer()
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{t: t, observer: newObserver(Options{}), namer: namer, background: bursts.NewBackground(), counts: map[uint64]int{}, named: map[uint64]features.Named{}, asked: remembered}
	if *others {
		d.asked = chosenOn
	}
	articles(t, "2010-07-01", "2022-12-31", func(a article) {
		if now := a.Time.Format("2006-01"); now != d.month {
			d.end()
			d.month = now
		}
		d.read(a)
	})
	d.end()
	d.tell("five largest stories", d.alone)
	d.tell("five largest groups of stories", d.together)
	d.tell("five surest bursts", d.bursts)
	d.tell("five surest rises", d.rising)
	found := func(of []answer) (n int) {
		for _, a := range of {
			if a.found {
				n++
			}
		}
		return n
	}
	months := len(d.together)
	if *others {
		return
	}
	if months < 25 || 10*found(d.together) < 9*months || 10*found(d.rising) < 9*months ||
		found(d.together) <= found(d.alone) || found(d.rising) <= found(d.bursts) {
		t.Errorf("of %d months: largest stories %d, groups %d, bursts %d, rises %d", months, found(d.alone), found(d.together), found(d.bursts), found(d.rising))
	}
}

// How many stories of a month are looked at, and how many of what rises.
const (
	toldOfMonth  = 60
	risesOfMonth = 20
)

// diary reads months, and what is told of those that people remember.
type diary struct {
	t          *testing.T
	asked      []struct{ month, words string }
	observer   *observer
	namer      *features.Namer
	background *bursts.Background
	terms      bursts.Terms

	month   string
	window  bursts.Window
	company bursts.Company
	texts   []string // of all articles, by position
	counts  map[uint64]int
	named   map[uint64]features.Named // of the month, by number of the text

	alone, together, bursts, rising []answer
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
	d.company.Add(&d.terms, uint64(len(d.texts)-1))
}

// end ends a month.
func (d *diary) end() {
	of := 0
	for _, n := range d.counts {
		of += n
	}
	for _, r := range d.asked {
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
		var alone, together, single []string
		for _, s := range told[:min(len(told), 5)] {
			alone = append(alone, s.Name(s.Names))
		}
		for _, g := range Together(told) {
			together = append(together, strings.Join(g.Names, ", "))
		}
		for _, b := range d.window.Top(uint64(of), 5) {
			single = append(single, b.Text)
		}
		for of, first := range map[*[]answer][]string{&d.alone: alone, &d.together: together, &d.bursts: single, &d.rising: d.rises(uint64(of))} {
			first = first[:min(len(first), 5)]
			found := slices.ContainsFunc(first, func(name string) bool { return has(name, r.words) })
			*of = append(*of, answer{r.month, r.words, texts, first, found})
		}
	}
	clear(d.counts)
	clear(d.named)
	d.window.Reset()
	d.company.Reset()
}

// names is what a text names.
func (d *diary) names(number uint64) features.Named {
	n, known := d.named[number]
	if !known {
		n = d.namer.Read(d.texts[number])
		d.named[number] = n
	}
	return n
}

// rises is what rises in the month, named, with the surest terms.
func (d *diary) rises(of uint64) (rising []string) {
	rises := d.company.Rises(&d.window, of, risesOfMonth)
	told := make([]Told, len(rises))
	for i, r := range rises {
		told[i].Here = r.Bursts[0].Documents
		for _, b := range r.Bursts[:min(len(r.Bursts), 5)] {
			for word := range strings.FieldsSeq(b.Text) {
				told[i].Terms = append(told[i].Terms, Term{word, b.Score})
			}
		}
		for _, n := range r.Documents {
			named := d.names(n)
			told[i].Names, told[i].Phrases = append(told[i].Names, named.Names), append(told[i].Phrases, named.Phrases)
		}
	}
	for _, g := range Called(told) {
		rise := strings.Join(g.Names, ", ") + ":"
		for k, b := range rises[g.Stories[0]].Bursts[:min(len(rises[g.Stories[0]].Bursts), 3)] {
			if k > 0 {
				rise += ","
			}
			rise += " " + b.Text
		}
		rising = append(rising, rise)
	}
	return rising
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
			named := d.names(p.Sequence - 1)
			s.Names, s.Phrases = append(s.Names, named.Names), append(s.Phrases, named.Phrases)
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
