package bursts

import (
	"cmp"
	"slices"
)

// Settings of a Company. They were chosen on what people remember of months other
// than those that a test asks for.
const (
	CompanyDocumentsMax = 1 << 14 // that are remembered
	companyTermsMax     = 1 << 21 // likewise, of all of them: 8 MiB

	risingTerms   = 100     // of a window that are put together
	companyMin    = 1. / 3  // of the documents of either of two terms, for them to be together
	termsOfRise   = 5       // by which its documents are chosen
	documentsRise = 8       // of a rise that are told
	termsMany     = 1 << 10 // of a document that are remembered
)

// Company remembers which terms the documents of a window have, to put those
// together that come in the same ones. Of more documents than it remembers it
// takes every second, fourth, eighth... one, so it takes the same ones whoever
// counts. The zero value is empty. It is for a reader of the log, not for the
// pipeline: it takes as much memory as all else here together.
type Company struct {
	documents []companion
	terms     []uint32 // of all of them
	met       uint64
	every     uint64 // which documents are taken; 0: all
}

type companion struct {
	number uint64
	from   uint32 // in terms
}

// Reset forgets all documents.
func (c *Company) Reset() {
	c.documents, c.terms, c.met, c.every = c.documents[:0], c.terms[:0], 0, 0
}

// Add takes a document by a number that whoever asks knows it by.
func (c *Company) Add(t *Terms, number uint64) {
	n := c.met
	c.met++
	if n%max(c.every, 1) != 0 {
		return
	}
	c.documents = append(c.documents, companion{number, uint32(len(c.terms))})
	for _, it := range t.items[:min(len(t.items), termsMany)] {
		c.terms = append(c.terms, uint32(it.hash))
	}
	for len(c.documents) > CompanyDocumentsMax || len(c.terms) > companyTermsMax {
		c.thin()
	}
}

// thin keeps every second document.
func (c *Company) thin() {
	c.every = 2 * max(c.every, 1)
	documents, terms := c.documents[:0], c.terms[:0]
	for i := range c.documents {
		if i%2 == 0 {
			of := c.of(i)
			documents = append(documents, companion{c.documents[i].number, uint32(len(terms))})
			terms = append(terms, of...)
		}
	}
	c.documents, c.terms = documents, terms
}

// of are the terms of a document.
func (c *Company) of(i int) []uint32 {
	to := uint32(len(c.terms))
	if i+1 < len(c.documents) {
		to = c.documents[i+1].from
	}
	return c.terms[c.documents[i].from:to]
}

// Rise is terms that rise together.
type Rise struct {
	Bursts    []Burst  // the surest first, at least one
	Documents []uint64 // numbers of those that have most of its terms, of equal ones the newer first
}

// Rises tells the n surest of what rises in a window of so many documents: a term
// together with the less sure ones of which a third of their documents, or of its,
// have both. A rise is as sure as its surest term, for the others are of the same
// documents and prove nothing more.
func (c *Company) Rises(w *Window, documents uint64, n int) []Rise {
	top := w.top(documents, risingTerms)
	in := c.documentsOf(top)
	var of [][]int // terms of each rise
	for i := range top {
		at := slices.IndexFunc(of, func(terms []int) bool {
			first := in[terms[0]]
			both := float64(common(in[i], first))
			return both > 0 && both >= companyMin*float64(min(len(in[i]), len(first)))
		})
		if at < 0 {
			at = len(of)
			of = append(of, nil)
		}
		of[at] = append(of[at], i)
	}
	rises := make([]Rise, 0, len(of))
	for _, terms := range of {
		r := Rise{Documents: c.told(in, terms[:min(len(terms), termsOfRise)])}
		for _, i := range terms {
			r.Bursts = append(r.Bursts, top[i].burst())
		}
		rises = append(rises, r)
	}
	return rises[:min(len(rises), max(n, 0))]
}

// documentsOf says in which documents, ascending, each term is.
func (c *Company) documentsOf(terms []phrase) [][]int {
	in := make([][]int, len(terms))
	number := make(map[uint32]int, len(terms))
	for i, t := range terms {
		number[uint32(t.hash)] = i
	}
	for d := range c.documents {
		for _, term := range c.of(d) {
			if i, wanted := number[term]; wanted && (len(in[i]) == 0 || in[i][len(in[i])-1] != d) {
				in[i] = append(in[i], d)
			}
		}
	}
	return in
}

// common counts what two ascending lists have in common.
func common(a, b []int) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case -1:
			a = a[1:]
		case 1:
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
			n++
		}
	}
	return n
}

// told are the documents that have most of some terms.
func (c *Company) told(in [][]int, terms []int) (numbers []uint64) {
	var all []int
	for _, i := range terms {
		all = append(all, in[i]...)
	}
	slices.Sort(all)
	type count struct{ document, terms int }
	var counts []count
	for _, d := range all {
		if last := len(counts) - 1; last >= 0 && counts[last].document == d {
			counts[last].terms++
			continue
		}
		counts = append(counts, count{d, 1})
	}
	slices.SortFunc(counts, func(a, b count) int {
		return cmp.Or(cmp.Compare(b.terms, a.terms), cmp.Compare(b.document, a.document))
	})
	for _, n := range counts[:min(len(counts), documentsRise)] {
		numbers = append(numbers, c.documents[n.document].number)
	}
	return numbers
}
