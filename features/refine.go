package features

import "strings"

// refiner is what lies between words and terms when options ask for more than
// words. It looks at a document as a whole, because its language is told from
// all of it. It belongs to one Tokenizer.
type refiner struct {
	grams    NGrams
	stopping *stopWords // nil: no word is dropped for its commonness
	stemming *stemmer   // nil: words stay whole
	telling  bool       // the language is told from the document
	numbers  bool
	urls     bool

	items []item
	arena []byte // the items' words
	told  teller
	stops map[string]bool // of the document at hand

	joined []byte         // the words of the piece so far, a space between them
	starts [NGramsMax]int // in joined, of the last words, the newest first
	held   int            // how many of starts are good
	term   []byte         // TitlePrefix and the term at hand
}

// item is a word, a pair of characters, or an address, in the order of the
// document.
type item struct {
	kind       itemKind
	title      bool
	start, end uint32 // of its word in the arena
}

type itemKind uint8

const (
	wordItem itemKind = iota
	pairItem
	addressItem
	endItem // of a sentence or clause
	gapItem // what else parts words in the order that is handed over
)

// sentenceEnds part the words of n-grams.
const sentenceEnds = ".!?;:"

// scratchItemsMax is how many items' memory is kept for the next document.
const scratchItemsMax = 1 << 16

func newRefiner(o Options) *refiner {
	r := &refiner{grams: o.NGrams.filled(), numbers: o.FoldNumbers, urls: o.FoldURLs}
	if o.StopWords != "" {
		r.stopping = newStopWords(o.StopWords)
	}
	if o.Stem != "" {
		r.stemming = newStemmer(o.Stem)
	}
	r.telling = o.Stem == Auto || o.StopWords == Auto
	if r.telling {
		r.told = newTeller()
	}
	return r
}

// refine counts the terms of a document; false means too many.
func (t *Tokenizer) refine(dst []TermCount, start int, dict *Dictionary, title, text []byte) ([]TermCount, bool) {
	r := t.refiner
	r.reset()
	t.collect(title, true)
	t.collect(text, false)
	language := ""
	if r.telling {
		language = r.language()
	}
	r.stops = r.stopping.set(language)
	t.trace.begin(title, text, language)
	inTitle := true
	for _, it := range r.items {
		if it.title != inTitle {
			inTitle = false
			r.part()
			t.order.gap()
		}
		dst = t.refineItem(dst, start, dict, it, language)
		if len(dst)-start > TermsMax {
			return dst, false
		}
	}
	return dst, true
}

// reset forgets the last document, and the memory of an extraordinary one.
func (r *refiner) reset() {
	if cap(r.items) > scratchItemsMax {
		r.items, r.arena = nil, nil
	}
	r.items, r.arena = r.items[:0], r.arena[:0]
	r.part()
}

// part ends the piece within which words are neighbours.
func (r *refiner) part() { r.joined, r.held = r.joined[:0], 0 }

// collect finds the items of a piece of text.
func (t *Tokenizer) collect(text []byte, title bool) {
	r := t.refiner
	for r.urls {
		from, to, host := nextAddress(text)
		if to == 0 {
			break
		}
		t.collectWords(text[:from], title)
		at := len(r.arena)
		if host[0] == '@' { // of a mail address, in ASCII
			r.arena = append(r.arena, '@')
			host = host[1:min(len(host), TermBytesMax)]
		}
		t.fold(host)
		r.add(addressItem, title, at, t.word[1:1+t.size])
		text = text[to:]
	}
	t.collectWords(text, title)
}

func (t *Tokenizer) collectWords(text []byte, title bool) {
	r := t.refiner
	if t.prose != nil {
		t.prose.words(text, func(word []byte) bool {
			r.add(wordItem, title, len(r.arena), cut(word))
			return true
		})
		return
	}
	for len(text) > 0 {
		n, kind := t.next(text)
		switch kind {
		case aWord:
			r.add(wordItem, title, len(r.arena), t.word[1:1+t.size])
		case nothing:
			if r.grams.Max > 1 && strings.IndexByte(sentenceEnds, text[0]) >= 0 {
				r.add(endItem, title, len(r.arena), nil)
			} else if t.order != nil && !joins(text[:n]) {
				r.add(gapItem, title, len(r.arena), nil)
			}
		case aRun:
			n, _ = t.pairs(text, func(pair []byte) bool {
				r.add(pairItem, title, len(r.arena), pair)
				return true
			})
		}
		text = text[n:]
	}
}

// add notes an item whose word begins at start in the arena.
func (r *refiner) add(kind itemKind, title bool, start int, word []byte) {
	r.arena = append(r.arena, word...)
	r.items = append(r.items, item{kind, title, uint32(start), uint32(len(r.arena))})
}

// language tells the document's language from its words.
func (r *refiner) language() string {
	r.told.reset()
	for _, it := range r.items {
		if it.kind == wordItem && !r.told.hear(r.arena[it.start:it.end]) {
			break
		}
	}
	return r.told.tell()
}

// refineItem counts the terms that end with one item.
func (t *Tokenizer) refineItem(dst []TermCount, start int, dict *Dictionary, it item, language string) []TermCount {
	r := t.refiner
	if it.kind == gapItem || it.kind == endItem {
		t.order.gap()
		if it.kind == endItem {
			r.part()
		}
		return dst
	}
	word := r.arena[it.start:it.end]
	t.trace.item(it, word)
	prefixed := it.title && t.title
	if it.kind == pairItem {
		r.part()
		dst = t.refined(dst, start, dict, word, prefixed)
		t.order.alone(t.refWord)
		return dst
	}
	if it.kind == wordItem {
		if isStopWord(r.stops, word) {
			t.trace.stopped()
			t.order.gap()
			return dst
		}
		number := false
		if r.numbers {
			word, number = foldNumber(word)
		}
		if r.stemming != nil && !number {
			word = r.stemming.stem(language, word)
		}
		t.trace.became(word, number)
	}
	r.join(word)
	for n := r.grams.Min; n <= min(r.grams.Max, r.held); n++ {
		dst = t.refined(dst, start, dict, r.joined[r.starts[n-1]:], prefixed && n == 1)
		if n == 1 {
			t.order.word(t.refWord)
		}
	}
	return dst
}

// joinedBytesMax bounds the words that are remembered as neighbours.
const joinedBytesMax = 1 << 12

// join puts a word behind the piece's words so far.
func (r *refiner) join(word []byte) {
	if len(r.joined) > joinedBytesMax { // only the newest can be of use
		from := r.starts[r.held-1]
		r.joined = append(r.joined[:0], r.joined[from:]...)
		for i := range r.held {
			r.starts[i] -= from
		}
	}
	if r.held > 0 {
		r.joined = append(r.joined, ' ')
	}
	copy(r.starts[1:], r.starts[:])
	r.starts[0] = len(r.joined)
	r.held = min(r.held+1, NGramsMax)
	r.joined = append(r.joined, word...)
}

// refined counts one term, and again under the prefix of titles.
func (t *Tokenizer) refined(dst []TermCount, start int, dict *Dictionary, term []byte, prefixed bool) []TermCount {
	dst = t.count(dst, start, dict, term)
	t.refWord = t.ref
	t.trace.term(term)
	if !prefixed {
		return dst
	}
	r := t.refiner
	r.term = append(append(r.term[:0], TitlePrefix), term...)
	t.trace.term(r.term)
	return t.count(dst, start, dict, r.term)
}
