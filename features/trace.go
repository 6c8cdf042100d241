package features

// Trace tells what became of a document on its way to terms.
type Trace struct {
	Title    string // as it is split: without markup, in compatibility form
	Text     string
	Language string // told from the document; "" when it is not told, or not asked for
	Steps    []Step // in the order of the document
}

// Step is what became of one word.
type Step struct {
	Word   string   // as it was found, normalised
	Kind   string   // "word", "pair" of characters, "address" or "number"
	Title  bool     // it stands in the title
	Stop   bool     // dropped as a stop word
	Folded string   // its stem, shape or host, where that is another
	Terms  []string // what was counted for it: itself, and the n-grams that end with it
}

// Trace tells what Append does with a document, step by step. It takes the
// memory of every step and is for people, not for streams.
func (t *Tokenizer) Trace(title, text []byte) (Trace, error) {
	traced := *NewTokenizer(t.options)
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
