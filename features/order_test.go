package features_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidings/features"
)

// ordered is the order of a document's words as text, | where they are no
// neighbours.
func ordered(tb testing.TB, o features.Options, title, text string) string {
	tb.Helper()
	var dict features.Dictionary
	tokenizer := features.NewTokenizer(o)
	before := []uint32{7}
	terms, order, err := tokenizer.AppendOrdered(nil, before, &dict, []byte(title), []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	if order[0] != 7 {
		tb.Error("what stood in the order before is gone")
	}
	var plainDict features.Dictionary
	plain, err := tokenizer.Append(nil, &plainDict, []byte(title), []byte(text))
	if err != nil || !slices.Equal(plain, terms) {
		tb.Errorf("terms with an order %v, without %v (%v)", terms, plain, err)
	}
	var words []string
	for _, ref := range order[1:] {
		if ref == features.Gap {
			words = append(words, "|")
			continue
		}
		words = append(words, string(dict.Text(ref)))
	}
	return strings.Join(words, " ")
}

func TestOrderHasWordsAndWhatPartsThem(t *testing.T) {
	prose := features.Options{Tokenizer: features.TokenizerProse}
	tests := map[string]struct {
		options     features.Options
		title, text string
		want        string
	}{
		"nothing":            {features.Options{}, "", "", ""},
		"words":              {features.Options{}, "", "Hurricane Harvey  hits\nTexas", "hurricane harvey hits texas"},
		"again":              {features.Options{}, "", "a b a", "a b a"},
		"title":              {features.Options{}, "Hurricane Harvey", "It hits", "hurricane harvey | it hits"},
		"sentences":          {features.Options{}, "", "One two. Three, four (five) \u201csix\u201d", "one two | three | four | five | six"},
		"hyphen":             {features.Options{}, "", "Covid-19 anti - war", "covid 19 anti war"},
		"at the ends":        {features.Options{}, "...", "(a b)!", "a b"},
		"no letter":          {features.Options{}, "", "a & b", "a | b"},
		"a script of no gap": {features.Options{}, "", "a \u6771\u4eac\u90fd b", "a | \u6771\u4eac | \u4eac\u90fd | b"},
		"stop words":         {features.Options{StopWords: "english"}, "", "bank of england raises rates", "bank | england raises rates"},
		"stems":              {features.Options{Stem: "english"}, "Rates", "interest rates, raised", "rate | interest rate | rais"},
		"n-grams too":        {features.Options{NGrams: features.NGrams{Min: 1, Max: 2}}, "", "one two. three, four", "one two | three | four"},
		"n-grams alone":      {features.Options{NGrams: features.NGrams{Min: 2, Max: 2}}, "", "one two three", ""},
		"prose":              {prose, "Rates", "He doesn't", "rates | he does n't"},
		"characters too":     {features.Options{CharNGrams: 4}, "", "one two", "one two"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ordered(t, tt.options, tt.title, tt.text); got != tt.want {
				t.Errorf("order %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOrderIsBounded(t *testing.T) {
	long := strings.Repeat("a, b ", 2*features.OrderMax)
	if n := len(strings.Fields(ordered(t, features.Options{}, "", long))); n > features.OrderMax {
		t.Errorf("an order of %d", n)
	}
	var dict features.Dictionary
	var many strings.Builder
	for i := range features.TermsMax + 1 {
		fmt.Fprintf(&many, "w%d ", i)
	}
	_, order, err := features.NewTokenizer(features.Options{}).AppendOrdered(nil, nil, &dict, nil, []byte(many.String()))
	if err == nil || len(order) > 0 {
		t.Errorf("an order of %d of a document that is refused (%v)", len(order), err)
	}
}
