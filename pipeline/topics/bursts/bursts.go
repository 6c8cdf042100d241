// Package bursts finds the words, and the pairs of neighbouring words, that more
// documents of a window have than was to be expected.
//
//	Background   in how many of the documents so far a term was, the older ones counting less
//	Terms        what of one document can burst, and how frequent each was before it
//	Window       how many documents of a window have each term
//
// A term's score is Dunning's log-likelihood ratio (1993, section 5) of two
// binomial counts: the window's documents that have it against the background as
// it was when the term first came in that window. So a window's own documents do
// not hide what rises in it, however long it is. Only rises are told, of terms in
// at least SupportMin documents, whose share is at least RiseMin times what it
// was and whose score chance alone seldom gives (ScoreMin).
//
// Words that say nothing are kept out by a rule that knows no language: those
// that more than CommonShare of the documents had when that was looked at last
// (after 128, 256, 512... documents, and every HalfLife), those without a letter,
// and those of one character. A pair has two words that say something,
// and nothing but space or a hyphen between them.
//
// The one rule to keep: everything is a function of the documents in their
// order. No clock, no chance, no map; what is forgotten to make room depends on
// counts alone.
//
// # Memory
//
// The background counts terms in sets of seven. Where a set is full the rarest
// makes room, and the new one takes its count over (Space-Saving; Metwally,
// Agrawal and El Abbadi 2005): a background is never too low for it, and too high
// by at most the lowest count of the set, which hides a burst and makes none. A
// window holds up to TermsMax terms; beyond, the rarer half is forgotten (as in
// Lossy Counting; Manku and Motwani 2002), and a count can be too low by what
// they had. Text is kept of terms with enough documents to be told, in one piece
// of memory a window.
//
// A Background, Terms and a Window belong to one goroutine.
package bursts

// Limits and settings. They were chosen on Wikipedia's current events from July
// 2015 to June 2016 and on Reuters of 1987.
const (
	HalfLife    = 10_000  // documents after which the background counts all before half
	TermsMax    = 1 << 15 // of a window
	SetsMax     = 1 << 15 // of the background, of seven terms each: 2 MiB
	ItemsMax    = 1 << 12 // words and pairs of one document; further ones are left out
	SupportMin  = 3       // documents of a window that must have a term
	RiseMin     = 2       // how many times its share before a term's share must be
	ScoreMin    = 10.83   // chi-square with one degree of freedom: one term in a thousand by chance
	CommonShare = 0.1     // of the background: words that more documents have say nothing

	commonFrom = 128 // documents from which on that can be told
)

// Burst is a term that rose.
type Burst struct {
	Text      string
	Documents uint64  // of the window that have it, or at least so many where terms were forgotten
	Expected  float64 // that would have it at its share in the background
	Score     float64 // log-likelihood ratio
}
