package wikitext

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"tidings"
)

// Properties:
//   - items come in the order of the page, each under its heading, without
//     markup and without sources;
//   - event headings are no documents;
//   - no markup that was forgotten to be closed costs the items below it;
//   - the day is the given one, else the page's own, else an error says what
//     to do;
//   - a page cut off anywhere gives items of the whole one, and the last may
//     be cut;
//   - time is proportional to the page.

// day2024 is a page as they are written now; all of its news are made up.
const day2024 = `{{Current events|year=2024|month=02|day=29|content=

<!-- All news items below this line -->
'''Armed conflicts and attacks'''
*[[Northmark war]]
**[[Siege of Olm]]
***Rebels in [[Olm (city)|Olm]] say that they have taken the [[Olm Airport|airport]]. [https://news.example/olm (Example Wire)] [https://radio.example/x_(y) (''[[Radio Example]]'')]
***The [[United Nations|UN]] calls for a "full stop" of the fighting.<ref name="un">{{cite web |url=https://un.example |title=Olm}}</ref> [https://un.example (UN)]
**A bridge is blown up near {{nowrap|New Harbour}}. [https://news.example/bridge (Example Wire)]
*Two soldiers are hurt in [[Eastland]]&nbsp;&ndash; the third attack in a week. [https://east.example (East Daily)]

'''Health and environment'''
*[[Heatwaves in 2024]], [[Climate of Eastland]]
**It is {{convert|41.5|C}} in [[Eastport]], more than ever before.  [https://news.example/heat (Example Wire)], [https://east.example/heat (East Daily)]
*[[Northmark influenza outbreak]]
<!-- an event without news:
*[[Southland fever]]
**never shown
-->

'''Sports'''
*In [[association football|football]], ''Olm United'' '''win''' the [[Example Cup]] 3&ndash;1. [https://sport.example (Sport)]
<!-- All news items above this line -->}}
`

// day2010 is a page of an earlier year.
const day2010 = `{{Current events header|2010|03|7}}
<!-- All news items below this line -->
;Attacks and conflicts
*A bomb explodes in [[Olm]], killing three. [http://news.example/bomb (BBC)] [http://wire.example (AP)]
;Disasters
* [[2010 Northmark earthquake]]:
** The ground shakes again. [http://a.example Example News]
** According to [http://b.example a report of the council], 20 houses are destroyed. (http://c.example)
;International relation
:* [[Eastland]] recalls its ambassador [http://d.example] .
;Deaths
* A poet of [[Eastland]] dies. [http://e.example (AFP)]
<!-- All news items above this line -->|}
{| class="wikitable"
* not news
|}
`

type got struct {
	id, label, text string
	line            uint64
}

func read(t testing.TB, page string, day time.Time) (all []got, refused []error, end error) {
	t.Helper()
	r := NewReader(strings.NewReader(page), day)
	for {
		d, line, err := r.Next()
		var bad *tidings.DocumentError
		switch {
		case errors.As(err, &bad):
			refused = append(refused, fmt.Errorf("%d: %w", line, err))
			if len(r.Raw()) == 0 || d.ID != "" {
				t.Fatalf("a bad item has the raw text %q and the document %+v", r.Raw(), d)
			}
		case err != nil:
			if _, _, again := r.Next(); again != err {
				t.Fatalf("after %v came %v", err, again)
			}
			return all, refused, err
		default:
			if err := d.Check(); err != nil {
				t.Fatalf("%+v: %v", d, err)
			}
			if len(r.Raw()) > RawBytesMax || line == 0 {
				t.Fatalf("raw text of %d bytes at line %d", len(r.Raw()), line)
			}
			all = append(all, got{d.ID, d.Label, d.Text, line})
		}
	}
}

func TestPagesOfTwoDecades(t *testing.T) {
	tests := map[string]struct {
		page string
		want []got
	}{
		"2024": {day2024, []got{
			{"2024-03-11-001", labelConflicts, "Rebels in Olm say that they have taken the airport.", 7},
			{"2024-03-11-002", labelConflicts, `The UN calls for a "full stop" of the fighting.`, 8},
			{"2024-03-11-003", labelConflicts, "A bridge is blown up near New Harbour.", 9},
			{"2024-03-11-004", labelConflicts, "Two soldiers are hurt in Eastland – the third attack in a week.", 10},
			{"2024-03-11-005", labelHealth, "It is 41.5 C in Eastport, more than ever before.", 14},
			{"2024-03-11-006", labelSports, "In football, Olm United win the Example Cup 3–1.", 22},
		}},
		"2010": {day2010, []got{
			{"2024-03-11-001", labelConflicts, "A bomb explodes in Olm, killing three.", 4},
			{"2024-03-11-002", labelDisasters, "The ground shakes again.", 7},
			{"2024-03-11-003", labelDisasters, "According to a report of the council, 20 houses are destroyed.", 8},
			{"2024-03-11-004", labelRelations, "Eastland recalls its ambassador.", 10},
			{"2024-03-11-005", "", "A poet of Eastland dies.", 12},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all, refused, err := read(t, test.page, time.Date(2024, 3, 11, 15, 4, 5, 0, time.UTC))
			if err != io.EOF || len(refused) > 0 {
				t.Fatalf("%v, %v", refused, err)
			}
			for i := range max(len(all), len(test.want)) {
				if i >= len(all) || i >= len(test.want) || all[i] != test.want[i] {
					t.Fatalf("item %d:\n got %+v\nwant %+v", i, all[min(i, len(all)):], test.want[min(i, len(test.want)):])
				}
			}
		})
	}
}

func TestMarkupOfOneItem(t *testing.T) {
	tests := map[string]struct{ markup, want string }{
		"link":                   {"*[[A]] meets [[B (x)|the B]].", "A meets the B."},
		"link within link":       {"*A [[File:x.png|thumb|of [[B]]]]falls.", "A falls."},
		"piped without text":     {"*A [[Lake (water)|]] dries.", "A Lake dries."},
		"category":               {"*A rises. [[Category:Days]]", "A rises."},
		"link to a category":     {"*See [[:Category:Days]] now.", "See Category:Days now."},
		"unclosed link":          {"*A [[B falls.", "A B falls."},
		"unopened link":          {"*A B]] falls.", "A B falls."},
		"brackets in a sentence": {`*"We [the people] win."`, `"We [the people] win."`},
		"source with a link":     {"*A falls. [http://x.example ([[B|C]])]", "A falls."},
		"source without end":     {"*A falls. [http://x.example", "A falls."},
		"source between commas":  {"*A falls [http://x (B)], [http://y (C)].", "A falls."},
		"bare address":           {"*A falls. http://x.example/y?z", "A falls."},
		"note":                   {"*A falls.<ref>http://x {{cite}} [[B]]</ref>", "A falls."},
		"note without end":       {"*A falls.<ref>B", "A falls."},
		"empty note":             {"*A falls.<ref name=x />", "A falls."},
		"template":               {"*A {{flagicon|B}} falls{{citation needed|date=May}}.", "A falls."},
		"templates within":       {"*A {{x|{{y|[[B]]}}|c}}falls.", "A falls."},
		"template without end":   {"*A {{convert|5|km of road", "A convert|5|km of road"},
		"unopened template":      {"*A falls.}}", "A falls."},
		"over lines":             {"*A falls{{cite\n|url=x\n}} again.", "A falls again."},
		"bold and italics":       {"*'''A''' ''falls'' '''''hard''''' on B's ''''x''''.", "A falls hard on B's 'x'."},
		"comment":                {"*A <!-- [[B]] * -->falls.", "A falls."},
		"comment without end":    {"*A falls. <!-- B", "A falls."},
		"tags":                   {"*A<br/>falls <small>down</small> <b>hard</b>.", "A falls down hard."},
		"no tags":                {"*A < B and B > C, <3.", "A < B and B > C, <3."},
		"nowiki":                 {"*A <nowiki>[[x]] {{y}}</nowiki> falls.", "A [[x]] {{y}} falls."},
		"nowiki without end":     {"*A <nowiki>falls.", "A falls."},
		"entities":               {"*A &amp; B &#8211; &quot;C&quot; &unknown; AT&T.", `A & B – "C" &unknown; AT&T.`},
		"no space behind":        {"*A falls. [http://x (B)][http://y (C)]", "A falls."},
		"many kinds of bullet":   {"*#:A falls.", "A falls."},
		"space first":            {"  * A falls.", "A falls."},
		"ruby":                   {"*A is [[B]]{{'s}} C.", "A is B's C."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page := ";Sport\n" + test.markup + "\n*The next one.\n"
			all, refused, err := read(t, page, time.Unix(0, 0).UTC())
			if err != io.EOF || len(refused) > 0 || len(all) != 2 {
				t.Fatalf("%+v, %v, %v", all, refused, err)
			}
			if all[0].text != test.want || all[1].text != "The next one." || all[0].label != labelSports {
				t.Fatalf("%q became %q, and the next %q", test.markup, all[0].text, all[1].text)
			}
		})
	}
}

func TestWhatIsADocument(t *testing.T) {
	tests := map[string]struct{ page, want string }{
		"event without news":         {"*[[A]]\n*[[B]]: it begins.", "B: it begins."},
		"events only":                {"*[[A]], [[B]]\n**[[C]]", ""},
		"link with a source":         {"*[[A]] [http://x (Y)]", "A"},
		"news with news below":       {"*A falls. [http://x (Y)]\n**It rises.", "A falls.|It rises."},
		"event in words":             {"*The talks of [[A]]:\n**They end.", "They end."},
		"blank line between":         {"*[[A]]\n\n**It falls.", "It falls."},
		"a level left out":           {"*[[A]]\n***It falls.\n**It rises.", "It falls.|It rises."},
		"heading between":            {"*[[A]]\n;Sports\n**It falls.", "It falls."},
		"paragraphs":                 {"It falls.\n:It rises.\n*It stands.", "It stands."},
		"bullets alone":              {"*\n**\n*A rises.", "A rises."},
		"sources alone":              {"*[http://x (Y)]\n*A rises.", "!no_text|A rises."},
		"bytes that are no text":     {"*A \xff\n*A rises.", "!not_utf8|A rises."},
		"content behind the comment": {"<!-- c --> *A rises.", "A rises."},
		"content in the same line":   {"{{Current events|year=2024|month=1|day=1|content=*A rises.}}", "A rises."},
		"top and bottom":             {"{{Current events|year=2024|month=1|day=1|top=yes}}\n*A rises.\n{{Current events|year=2024|month=1|day=1|bottom=yes}}", "A rises."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(test.page), time.Unix(0, 0).UTC())
			var all []string
			for {
				d, _, err := r.Next()
				var bad *tidings.DocumentError
				if err == io.EOF {
					break
				} else if errors.As(err, &bad) {
					d.Text = "!" + string(bad.Reason)
				} else if err != nil {
					t.Fatal(err)
				}
				all = append(all, d.Text)
			}
			if got := strings.Join(all, "|"); got != test.want {
				t.Fatalf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestHeadingsAreNormalised(t *testing.T) {
	for written, want := range map[string]string{
		";Armed conflicts and attacks": labelConflicts, "; Attacks and armed conflicts:": labelConflicts, "'''Conflicts'''": labelConflicts,
		";Arts, culture and entertainment": labelArts, ";Business and economics": labelBusiness, "'''Business & finance''':": labelBusiness,
		"'''Disasters'''": labelDisasters, "==Accidents and disasters==": labelDisasters, ";'''Health'''": labelHealth, ";Environment and health": labelHealth,
		"International relations": labelRelations, ";Law and Crime": labelLaw, "*'''Law and crime'''": labelLaw, "<div>Politics and elections</div>": labelPolitics,
		"'''[[Politics]] and elections'''": labelPolitics, "; Science": labelScience, ";Sport": labelSports, "'''Sporting events''' ": labelSports,
		";Recent deaths": "", "'''Ongoing'''": "", ";" + strings.Repeat("x ", 200) + "sport": "",
	} {
		all, _, err := read(t, ";Law and crime\n*It stands.\n"+written+"\n*It falls.\n", time.Unix(0, 0))
		if err != io.EOF || len(all) != 2 || all[1].label != want {
			t.Errorf("%q: %+v, %v; want %q", written, all, err, want)
		}
	}
}

func TestTheDay(t *testing.T) {
	given := time.Date(2020, 3, 11, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		page string
		day  time.Time
		want string
	}{
		"given":                 {"*A rises.", given, "2020-03-11"},
		"given and written":     {"{{Current events|year=2019|month=01|day=2|content=\n*A rises.}}", given, "2020-03-11"},
		"given with a time":     {"*A rises.", given.Add(23 * time.Hour), "2020-03-11"},
		"content":               {"{{Current events|year=2019|month=01|day=2|content=\n*A rises.}}", time.Time{}, "2019-01-02"},
		"another order":         {"{{current events | day = 2 | month=January| year=2019 | content=\n*A rises.}}", time.Time{}, "2019-01-02"},
		"header":                {"{{Current events header|2019|01|02}}\n*A rises.", time.Time{}, "2019-01-02"},
		"behind another":        {"<noinclude>{{x}}</noinclude>\n{{Current_events|year=2019|month=1|day=2|top=yes}}\n*A rises.", time.Time{}, "2019-01-02"},
		"none":                  {"*A rises.", time.Time{}, ""},
		"year only":             {"{{Current events|year=2019}}\n*A rises.", time.Time{}, ""},
		"day that is no day":    {"{{Current events|year=2019|month=02|day=29|content=\n*A rises.}}", time.Time{}, ""},
		"template without end":  {"{{Current events|year=2019|month=02|day=", time.Time{}, ""},
		"nothing but the brace": {"{{Current events", time.Time{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, _, err := NewReader(strings.NewReader(test.page), test.day).Next()
			if test.want == "" {
				var bad *tidings.DocumentError
				if err == nil || err == io.EOF || errors.As(err, &bad) || !strings.Contains(err.Error(), "name the file after its day") {
					t.Fatalf("%+v, %v", d, err)
				}
			} else if err != nil || d.Time.Format(time.DateTime) != test.want+" 00:00:00" || d.ID != test.want+"-001" || d.Text != "A rises." {
				t.Fatalf("%+v, %v", d, err)
			}
		})
	}
}

func TestDayOfANameAndBack(t *testing.T) {
	for name, want := range map[string]string{
		"2020_March_11": "2020-03-11", "Portal:Current events/2020 March 11": "2020-03-11", "a/b.c/2020-03-11.wiki": "2020-03-11",
		"Portal_Current_events_2020_Mar_1.txt.gz": "2020-03-01", "page-2020.12.31.txt": "2020-12-31", "2019/2020-3-1": "2020-03-01",
		"2020-02-30": "", "2020": "", "": "", "march": "", "20200311": "", "2020-03": "", "2020/03/11": "",
	} {
		day, found := DayOf(name)
		if found != (want != "") || found && day.Format(time.DateOnly) != want {
			t.Errorf("%q: %v, %v; want %q", name, day, found, want)
		}
	}
	for day := time.Date(2019, 12, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2021; day = day.AddDate(0, 0, 1) {
		if back, found := DayOf(Title(day)); !found || !back.Equal(day) {
			t.Fatalf("%q: %v, %v", Title(day), back, found)
		}
	}
}

func TestLooks(t *testing.T) {
	for head, want := range map[string]bool{
		day2024: true, day2010: true, "\ufeff" + day2024: true, day2024[:20]: true, "\n\n;Sports\n*A": true, "'''Health and environment'''\n*A": true,
		"<noinclude>x</noinclude>\n{{Current events|year=2020": true, "<!-- All news items below this line -->": true,
		"": false, "{\"text\":\"x\"}\n{{Current events|": false, "id,text\n1,{{Current events|": false, "<!DOCTYPE lewis SYSTEM>\n<REUTERS": false,
		"<html>\n<p>Current events": false, "'''Bold'''": false, "{{Infobox}}": false, "From: a\nSubject: b\n\n*c": false, ";a;b\n1;2": false,
	} {
		if Looks([]byte(head)) != want {
			t.Errorf("%.40q: %v", head, !want)
		}
	}
}

// A page that is cut off says nothing that the whole one does not: its items
// are those of the page, and only the last may end early or gain what markup
// would have hidden.
func TestAPageCutOffAnywhere(t *testing.T) {
	for _, page := range []string{day2024, day2010} {
		whole, _, _ := read(t, page, time.Unix(0, 0))
		for n := range page {
			some, refused, err := read(t, page[:n], time.Unix(0, 0))
			if err != io.EOF {
				t.Fatalf("cut at %d: %v", n, err)
			}
			if len(refused) > 1 {
				t.Fatalf("cut at %d: %v", n, refused)
			}
			for i := range len(some) - 2 {
				if some[i].text != whole[i].text || some[i].line != whole[i].line {
					t.Fatalf("cut at %d: item %d is %+v and was %+v", n, i, some[i], whole[i])
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Run("page", func(t *testing.T) {
		_, _, err := read(t, strings.Repeat("x\n", PageBytesMax/2+1), time.Unix(0, 0))
		if err == io.EOF || !strings.Contains(err.Error(), "4 MiB") {
			t.Fatal(err)
		}
	})
	t.Run("items", func(t *testing.T) {
		all, _, err := read(t, strings.Repeat("*A rises.\n", ItemsMax+1), time.Unix(0, 0))
		if err == io.EOF || !strings.Contains(err.Error(), "10000 items") || len(all) != ItemsMax {
			t.Fatalf("%d, %v", len(all), err)
		}
	})
	t.Run("reading fails", func(t *testing.T) {
		if _, _, err := NewReader(iotest.ErrReader(io.ErrUnexpectedEOF), time.Time{}).Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	})
}

// hostile are pieces that a parser may look at again and again.
var hostile = []string{
	"[[", "]]", "{{", "}}", "[http://x ", "[http://", "]", "<ref>", "</ref>", "<!--", "-->", "<nowiki>", "</nowiki>", "<", "<a ", "'", "''''", "*", "*[[a]]\n", "&", "&amp;",
	"{{current events", "{{Current events|year=2020|", "[[a|", "|", "{{a|", "[[File:", "()", "( ", "[http://x a]", ". [http://x a]", "{{{", "<ref>{{", "http://", "http://x ", "\n", ";\n", "'''\n", "<!---->",
	"{{nowrap|", "*[http://x (y)]\n", "\xff", "**\n*\n", "x", " ", "<ref ", "[[[", "{{\n", "<ref>\n",
}

// Twice the page may take a few times as long at most; a parser that looks
// back would take four times and, at this size, minutes.
func TestTimeIsProportionalToThePage(t *testing.T) {
	const (
		pageBytes  = 256 << 10
		secondsMax = 5 // what is linear takes 50 ms
	)
	for _, piece := range hostile {
		for _, tail := range []string{"", "\n*A rises.", "]]}}-->]</ref></nowiki>"} {
			page := "*" + strings.Repeat(piece, pageBytes/len(piece)) + tail
			began := time.Now()
			read(t, page, time.Unix(0, 0))
			Looks([]byte(page))
			if took := time.Since(began); took > secondsMax*time.Second {
				t.Errorf("a page of %q with %q in the end took %v", piece, tail, took)
			}
		}
	}
}

func ExampleReader() {
	page := `{{Current events|year=2024|month=03|day=11|content=
'''Science and technology'''
*[[Example telescope]]
**The [[Example telescope|telescope]] sees its first star. [https://news.example (Example Wire)]
}}`
	r := NewReader(strings.NewReader(page), time.Time{})
	for {
		d, _, err := r.Next()
		if err != nil {
			break
		}
		fmt.Println(d.ID, d.Label)
		fmt.Println(d.Text)
	}
	// Output:
	// 2024-03-11-001 Science and technology
	// The telescope sees its first star.
}
