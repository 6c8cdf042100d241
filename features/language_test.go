package features_test

import (
	"fmt"
	"strings"
	"testing"

	"tidings/features"
)

// sentences are of each language's own making, with words on few topics.
var sentences = map[string]string{
	"danish":     "Regeringen vil ikke sænke skatten i år, men den har lovet meget mere af det til skolerne efter valget, hvad de bliver glade for.",
	"dutch":      "De regering wil de belasting dit jaar niet verlagen, maar er komt meer geld voor de scholen.",
	"english":    "The government will not cut taxes this year, but there is more money for the schools.",
	"finnish":    "Hallitus ei laske veroja tänä vuonna, mutta se on luvannut kouluille lisää rahaa ja opettajia.",
	"french":     "Le gouvernement ne baissera pas les impôts cette année, mais il y aura plus d'argent pour les écoles.",
	"german":     "Die Regierung will die Steuern in diesem Jahr nicht senken, aber es gibt mehr Geld für die Schulen.",
	"hungarian":  "A kormány az idén nem csökkenti az adókat, de több pénz lesz az iskolák számára.",
	"italian":    "Il governo non abbasserà le tasse quest'anno, ma ci saranno più soldi per le scuole.",
	"norwegian":  "Regjeringen vil ikke senke skattene i år, men den har lovet mer penger til skolene, og det er nok.",
	"portuguese": "O governo não vai baixar os impostos este ano, mas há mais dinheiro para as escolas.",
	"romanian":   "Guvernul nu va reduce taxele în acest an, dar sunt mai mulți bani pentru școli.",
	"russian":    "Правительство не будет снижать налоги в этом году, но на школы дадут больше денег.",
	"spanish":    "El gobierno no bajará los impuestos este año, pero habrá más dinero para las escuelas.",
	"swedish":    "Regeringen vill inte sänka skatten i år, men den har lovat mer pengar till skolorna.",
	"turkish":    "Hükümet bu yıl vergileri düşürmeyecek, ancak okullar için daha fazla para olacak ve bu iyi.",
}

func TestTheLanguageIsToldByFunctionWords(t *testing.T) {
	tokenizer := features.NewTokenizer(features.Options{Stem: features.Auto})
	tell := func(title, text string) string {
		trace, err := tokenizer.Trace([]byte(title), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return trace.Language
	}
	for _, name := range features.Languages() {
		if sentences[name] == "" {
			t.Fatalf("%s has no sentence", name)
		}
		for range 2 {
			if got := tell("", sentences[name]); got != name {
				t.Errorf("%q is told to be %q, want %q", sentences[name], got, name)
			}
		}
		if got := tell(strings.ToUpper(sentences[name]), "1 2 3"); got != name && name != "turkish" { // I is no ı to the upper case
			t.Errorf("in capitals %s is told to be %q", name, got)
		}
	}
	if got := tell("", "Команды и матчи"); got != "russian" {
		t.Errorf("one function word in a script of its own: %q", got)
	}
	for _, text := range []string{"", "...", "the", "команды", "Obama Merkel Putin", "天气很好，我们去公园。", "สวัสดีครับ", "Ο υπουργός μίλησε στη Βουλή.",
		strings.Repeat("lorem ipsum dolor amet ", 20) + "the of", "in in in"} {
		if got := tell("", text); got != "" {
			t.Errorf("%q is told to be %q", text, got)
		}
	}
}

// Properties: of real English news nearly all are told to be English, and next
// to none to be something else.
func TestRealNewsAreToldToBeEnglish(t *testing.T) {
	tokenizer := features.NewTokenizer(features.Options{Stem: features.Auto})
	told := map[string]int{}
	items := wikipedia(t, 5000)
	for _, it := range items {
		trace, err := tokenizer.Trace([]byte(it.Title), []byte(it.Text))
		if err != nil {
			t.Fatal(err)
		}
		told[trace.Language]++
	}
	t.Logf("%v", told)
	if english, unknown := told["english"], told[""]; english < len(items)*80/100 || len(items)-english-unknown > len(items)/100 {
		t.Errorf("of %d items %d are English, %d unknown", len(items), english, unknown)
	}
}

// Properties: a stemmer that has forgotten what it knew says the same.
func TestStemsDoNotDependOnWhatCameBefore(t *testing.T) {
	used := features.NewTokenizer(features.Options{Stem: "english"})
	var many strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&many, "w%dings ", i)
	}
	var dict features.Dictionary
	for _, text := range []string{"running houses", many.String(), "running houses"} {
		dict.Reset()
		counts, err := used.Append(nil, &dict, nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if text == "running houses" && (string(dict.Text(counts[0].Ref)) != "run" || string(dict.Text(counts[1].Ref)) != "hous") {
			t.Errorf("%q and %q", dict.Text(counts[0].Ref), dict.Text(counts[1].Ref))
		}
	}
}
