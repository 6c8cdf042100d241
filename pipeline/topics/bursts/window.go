package bursts

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"

	"tidings/features"
)

// Window counts the terms of a window's documents. The zero value is empty.
type Window struct {
	Max int // terms it holds; 0 or more than TermsMax: TermsMax

	entries   []entry
	index     []uint64 // open addressing by the top bits of the hash: its low half, and 1 + the place of its entry
	shift     uint     // 64 - log2(len(index))
	frequent  []uint32 // places of entries with enough documents to be told
	texts     []byte   // of these: a length of two bytes, and the text
	forgotten uint64   // terms
	guesses   []uint32 // scratch: where each item of a document may be
}

// entry is a term.
type entry struct {
	hash       uint64
	documents  uint32
	before, of uint32 // the background as the term came first: documents that have it, of how many
	text       uint32 // 1 + where in texts; 0: none
}

const indexMin = 1 << 8

// textMax is the longest text: two words, each no longer than a tokenizer makes
// them.
const textMax = 2*features.TermBytesMax + 1

func (w *Window) room() int {
	if w.Max <= 0 {
		return TermsMax
	}
	return min(w.Max, TermsMax)
}

// Reset empties the window and keeps its memory.
func (w *Window) Reset() {
	clear(w.index)
	w.entries, w.frequent, w.texts, w.forgotten = w.entries[:0], w.frequent[:0], w.texts[:0], 0
}

// Forgotten is how many terms had to go for others.
func (w *Window) Forgotten() uint64 { return w.forgotten }

// Add counts one document.
func (w *Window) Add(t *Terms) {
	guesses := w.guess(t.items)
	for i := range t.items {
		it := &t.items[i]
		place := int(guesses[i])
		if place >= len(w.entries) || w.entries[place].hash != it.hash {
			place = w.find(it.hash)
		}
		if place < 0 {
			if len(w.entries) >= w.room() {
				w.forget()
			}
			place = w.put(entry{hash: it.hash, before: it.before, of: t.of})
		}
		e := &w.entries[place]
		if e.documents < math.MaxUint32 {
			e.documents++
		}
		if e.documents >= SupportMin && e.text == 0 { // with as many by a merger it may have none still
			w.spell(place, t.dict, it)
		}
	}
}

// guess looks where each item would be if nothing stood in its way, all at once,
// so that the memory of one is not waited for before the next is asked for.
func (w *Window) guess(items []item) []uint32 {
	w.guesses = slices.Grow(w.guesses[:0], len(items))[:len(items)]
	if len(w.index) == 0 {
		clear(w.guesses)
		return w.guesses
	}
	mask := uint64(len(w.index) - 1)
	for i := range items {
		w.guesses[i] = uint32(w.index[items[i].hash>>w.shift&mask]) - 1
	}
	return w.guesses
}

// find returns the place of a term's entry, or -1.
func (w *Window) find(hash uint64) int {
	if len(w.index) == 0 {
		return -1
	}
	mask := uint64(len(w.index) - 1)
	for i := hash >> w.shift; ; i++ {
		at := w.index[i&mask]
		if at == 0 {
			return -1
		}
		if place := int(uint32(at)) - 1; at>>32 == hash&math.MaxUint32 && w.entries[place].hash == hash {
			return place
		}
	}
}

// put enters a term that is not there.
func (w *Window) put(e entry) (place int) {
	place = len(w.entries)
	w.entries = append(w.entries, e)
	if len(w.entries)*2 > len(w.index) {
		w.reindex(max(2*len(w.index), indexMin))
	} else {
		w.enter(place)
	}
	return place
}

// enter puts an entry into the index.
func (w *Window) enter(place int) {
	hash := w.entries[place].hash
	mask := uint64(len(w.index) - 1)
	i := hash >> w.shift
	for w.index[i&mask] != 0 {
		i++
	}
	w.index[i&mask] = hash<<32 | uint64(place+1)
}

// reindex makes an index of a size, a power of 2.
func (w *Window) reindex(size int) {
	w.index = make([]uint64, size)
	w.shift = 64 - uint(bits.TrailingZeros(uint(size)))
	for i := range w.entries {
		w.enter(i)
	}
}

// forget drops the terms that no more documents have than the middle one, which
// leaves at most half of them.
func (w *Window) forget() {
	counts := make([]uint32, len(w.entries))
	for i := range w.entries {
		counts[i] = w.entries[i].documents
	}
	slices.Sort(counts)
	floor := counts[len(counts)/2]
	kept := slices.DeleteFunc(w.entries, func(e entry) bool { return e.documents <= floor })
	w.forgotten += uint64(len(counts) - len(kept))
	w.fill(kept, w.texts)
}

// fill makes the window one of these entries, with texts of old ones.
func (w *Window) fill(entries []entry, texts []byte) {
	w.entries, w.frequent, w.texts = entries, w.frequent[:0], nil
	size := max(len(w.index), indexMin)
	for len(entries)*2 > size {
		size *= 2
	}
	for i := range entries {
		if e := &entries[i]; e.text > 0 {
			w.note(i, textAt(texts, e.text))
		}
	}
	w.reindex(size)
}

// sorted are the terms, by hash.
func (w *Window) sorted() []entry {
	all := slices.Clone(w.entries)
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.hash, b.hash) })
	return all
}

// Merge adds what another window has counted. A term that has enough documents
// only together is told from the next document on that has it, for until then
// nobody knows its text. Of a term in both the background is the one in which it
// is rarer, which is as a rule the earlier one.
func (w *Window) Merge(o *Window) {
	w.forgotten += o.forgotten
	for _, e := range o.sorted() {
		text := e.text
		place := w.find(e.hash)
		if place < 0 {
			e.text = 0
			place = w.put(e)
		} else {
			to := &w.entries[place]
			to.documents += min(e.documents, math.MaxUint32-to.documents)
			if uint64(e.before)*uint64(to.of) < uint64(to.before)*uint64(e.of) {
				to.before, to.of = e.before, e.of
			}
		}
		if text > 0 && w.entries[place].text == 0 {
			w.note(place, textAt(o.texts, text))
		}
	}
	for len(w.entries) > w.room() {
		w.forget()
	}
}

// spell keeps the text of a term.
func (w *Window) spell(place int, dict *features.Dictionary, it *item) {
	text := dict.Text(it.word)
	if it.second != none {
		text = append(append(slices.Clone(text), ' '), dict.Text(it.second)...)
	}
	w.note(place, text)
}

func (w *Window) note(place int, text []byte) {
	text = text[:min(len(text), textMax)]
	w.entries[place].text = uint32(len(w.texts)) + 1
	w.texts = binary.LittleEndian.AppendUint16(w.texts, uint16(len(text)))
	w.texts = append(w.texts, text...)
	w.frequent = append(w.frequent, uint32(place))
}

func textAt(texts []byte, at uint32) []byte {
	size := binary.LittleEndian.Uint16(texts[at-1:])
	return texts[at+1:][:size]
}

// Top tells the n surest bursts of a window of so many documents, of equally sure
// ones the one that more documents have, then by text; of those that are of the
// same documents one alone (see apart).
func (w *Window) Top(documents uint64, n int) []Burst {
	told := w.top(documents, n)
	if len(told) == 0 {
		return nil
	}
	bursts := make([]Burst, len(told))
	for i, p := range told {
		bursts[i] = p.burst()
	}
	return bursts
}

func (w *Window) top(documents uint64, n int) []phrase {
	if n <= 0 || documents == 0 {
		return nil
	}
	var all []phrase
	of := map[string]uint64{} // documents, by word
	for _, place := range w.frequent {
		e := &w.entries[place]
		text := string(textAt(w.texts, e.text))
		if !strings.Contains(text, " ") {
			of[text] = uint64(e.documents)
		}
		if b, rose := w.burst(e, text, float64(documents)); rose {
			all = append(all, phrase{Burst: b, hash: e.hash})
		}
	}
	slices.SortFunc(all, func(a, b phrase) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Documents, a.Documents), strings.Compare(a.Text, b.Text))
	})
	return apart(all, of, n)
}

// burst tells whether a term of the window rose.
func (w *Window) burst(e *entry, text string, documents float64) (b Burst, rose bool) {
	if e.of == 0 {
		return b, false
	}
	k, before, of := float64(e.documents), float64(e.before)/unit, float64(e.of)/unit
	expected := documents * (before / of)
	if k < RiseMin*expected {
		return b, false
	}
	score := ratio(k, documents, before, of)
	if score < ScoreMin {
		return b, false
	}
	return Burst{Text: text, Documents: uint64(e.documents), Expected: expected, Score: score}, true
}

// ratio is -2 log λ of two binomial counts, k of n each (Dunning 1993, section
// 5).
func ratio(k1, n1, k2, n2 float64) float64 {
	p := (k1 + k2) / (n1 + n2)
	return 2 * (likelihood(k1, n1, k1/n1) + likelihood(k2, n2, k2/n2) - likelihood(k1, n1, p) - likelihood(k2, n2, p))
}

// likelihood is the logarithm of p^k (1-p)^(n-k).
func likelihood(k, n, p float64) (sum float64) {
	if k > 0 {
		sum = float64(k * math.Log(p))
	}
	if n > k {
		sum += float64((n - k) * math.Log(1-p))
	}
	return sum
}
