package features

import "slices"

// Trace tells what became of a document on its way to terms.
type Trace struct {
	Title    string `json:"title,omitempty"`    // as it is split: without markup, in compatibility form
	Text     string `json:"text"`               // likewise
	Language string `json:"language,omitempty"` // told from the document; "" when it is not told, or not asked for
	Steps    []Step `json:"steps"`              // in the order of the document
}

// Step is what became of one word.
type Step struct {
	Word   string   `json:"word"`             // as it was found, normalised
	Kind   string   `json:"kind"`             // "word", "pair" of characters, "address" or "number"
	Title  bool     `json:"title,omitempty"`  // it stands in the title
	Stop   bool     `json:"stop,omitempty"`   // dropped as a stop word
	Folded string   `json:"folded,omitempty"` // its stem or shape, where that is another
	Terms  []string `json:"terms,omitempty"`  // what was counted for it: itself, and the n-grams that end with it
	Chars  []string `json:"chars,omitempty"`  // the character n-grams that were first met in it
}

// Trace tells what Append does with a document, step by step. It takes the
// memory of every step and is for people, not for streams.
func (t *Tokenizer) Trace(title, text []byte) (Trace, error) {
	traced := NewTokenizer(t.options)
	if traced.refiner == nil {
		traced.refiner = newRefiner(traced.options)
	}
	traced.trace = new(Trace)
	var dict Dictionary
	_, err := traced.Append(nil, &dict, title, text)
	return *traced.trace, err
}

func (tr *Trace) begin(title, text []byte, language string) {
	if tr != nil {
		tr.Title, tr.Text, tr.Language = string(title), string(text), language
	}
}

func (tr *Trace) item(it item, word []byte) {
	if tr != nil {
		kind := [...]string{wordItem: "word", pairItem: "pair", addressItem: "address"}[it.kind]
		tr.Steps = append(tr.Steps, Step{Word: string(word), Kind: kind, Title: it.title})
	}
}

func (tr *Trace) last() *Step { return &tr.Steps[len(tr.Steps)-1] }

func (tr *Trace) stopped() {
	if tr != nil {
		tr.last().Stop = true
	}
}

func (tr *Trace) became(word []byte, number bool) {
	if tr == nil {
		return
	}
	s := tr.last()
	if number {
		s.Kind = "number"
	}
	if s.Word != string(word) {
		s.Folded = string(word)
	}
}

func (tr *Trace) term(term []byte) {
	if tr != nil {
		tr.last().Terms = append(tr.last().Terms, string(term))
	}
}

// chars notes the character n-grams that a word brought, where it stands first.
func (tr *Trace) chars(word []byte, dict *Dictionary, grams []TermCount) {
	for i := range tr.Steps {
		if slices.Contains(tr.Steps[i].Terms, string(word)) {
			for _, g := range grams {
				tr.Steps[i].Chars = append(tr.Steps[i].Chars, string(dict.Text(g.Ref)))
			}
			return
		}
	}
}
