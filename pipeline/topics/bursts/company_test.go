package bursts

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidings/features"
)

// company reads documents into a window and a company, after a background of
// others.
type company struct {
	background *Background
	tokenizer  *features.Tokenizer
	dict       features.Dictionary
	terms      Terms
	window     Window
	company    Company
	n          uint64
}

func newCompany() *company {
	c := &company{background: NewBackground(), tokenizer: features.NewTokenizer(features.Options{})}
	for i := range 300 {
		c.read(nil, fmt.Sprintf("the day number%d brings rain%d and wind%d", i, i%7, i%5))
	}
	return c
}

func (c *company) read(t *testing.T, text string) {
	c.dict.Reset()
	_, order, err := c.tokenizer.AppendOrdered(nil, nil, &c.dict, nil, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c.background.Read(&c.terms, &c.dict, order)
	if t != nil {
		c.window.Add(&c.terms)
		c.company.Add(&c.terms, c.n)
		c.n++
	}
}

// Terms of the same documents rise together, and those of others apart; the
// documents are told that have most of them.
func TestTermsOfTheSameDocumentsRiseTogether(t *testing.T) {
	c := newCompany()
	for range 6 {
		c.read(t, "hurricane floods houston")
		c.read(t, "parliament deposes minister")
		c.read(t, "quiet")
	}
	rises := c.company.Rises(&c.window, c.n, 10)
	if len(rises) != 3 {
		t.Fatalf("rises %+v", rises)
	}
	for _, r := range rises {
		var texts []string
		for _, b := range r.Bursts {
			texts = append(texts, b.Text)
		}
		all := strings.Join(texts, " ")
		of := slices.IndexFunc([]string{"hurricane", "minister", "quiet"}, func(word string) bool { return strings.Contains(all, word) })
		if of < 0 || len(r.Documents) != 6 {
			t.Fatalf("rise %q of documents %v", texts, r.Documents)
		}
		for i, n := range r.Documents {
			if n%3 != uint64(of) || i > 0 && n >= r.Documents[i-1] {
				t.Errorf("rise %q of documents %v", texts, r.Documents)
			}
		}
	}
	if fmt.Sprint(c.company.Rises(&c.window, c.n, 1)) != fmt.Sprint(rises[:1]) {
		t.Error("the surest one is another when one is asked for")
	}
	c.company.Reset()
	c.window.Reset()
	if rises := c.company.Rises(&c.window, 0, 10); len(rises) > 0 {
		t.Errorf("of no documents rise %+v", rises)
	}
}

// However many documents there are, a bounded number is remembered, evenly.
func TestCompanyIsBounded(t *testing.T) {
	c := newCompany()
	const documents = 3 * CompanyDocumentsMax
	for i := range documents {
		text := "quiet"
		if i%64 < 4 { // not so often that it becomes common
			text = "hurricane floods houston"
		}
		c.read(t, text)
	}
	if n := len(c.company.documents); n > CompanyDocumentsMax || n < CompanyDocumentsMax/2 {
		t.Errorf("%d documents remembered, want %d at most and half of them at least", n, CompanyDocumentsMax)
	}
	for i, d := range c.company.documents {
		if d.number != uint64(i)*c.company.every {
			t.Fatalf("document %d of those remembered is %d, one of %d", i, d.number, c.company.every)
		}
	}
	if len(c.company.terms) > companyTermsMax {
		t.Errorf("%d terms", len(c.company.terms))
	}
	if rises := c.company.Rises(&c.window, c.n, 1); len(rises) != 1 || len(rises[0].Documents) != documentsRise {
		t.Errorf("rises %+v", rises)
	}
}

// Neighbouring words that most of their documents have together are told as one.
func TestPairsOfTheSameDocumentsAreOnePhrase(t *testing.T) {
	c := newCompany()
	for i := range 8 {
		c.read(t, "dow jones industrial average falls")
		c.read(t, fmt.Sprintf("typhoon %s nears", []string{"neoguri", "rammasun"}[i%2]))
	}
	var texts []string
	for _, b := range c.window.Top(c.n, 10) {
		texts = append(texts, b.Text)
	}
	for _, want := range []string{"dow jones industrial average falls", "typhoon neoguri nears", "typhoon rammasun nears"} {
		if !slices.Contains(texts, want) {
			t.Errorf("%q is not among %q", want, texts)
		}
	}
}
