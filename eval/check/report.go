package check

import "tidings/pipeline"

// Report is what a check came to.
type Report struct {
	Claim      string    `json:"claim"`
	Broken     bool      `json:"broken"`
	Unfinished uint64    `json:"unfinished"` // documents of the log that are not through
	Messages   uint64    `json:"messages"`   // of the log
	Documents  uint64    `json:"documents"`
	Stages     []Account `json:"stages"`
	Findings   []Finding `json:"findings"`
	Digests    []Pair    `json:"digests"`
	Notes      []string  `json:"notes"`
}

// Account is what became of the log's entries at one partition: In is the sum
// of all others but Repeated and Unexpected, which come on top.
type Account struct {
	Where      string `json:"where"`
	Records    uint64 `json:"records"`
	Fences     uint64 `json:"fences"`
	Aborted    uint64 `json:"aborted,omitempty"` // records of attempts that ended before their snapshot was complete: they count no more
	In         uint64 `json:"in"`                // entries of the log that are its; of df terms, of topics windows
	Out        uint64 `json:"out"`               // documents, terms or windows that are there
	Rejected   uint64 `json:"rejected"`          // refused, and ends of sources
	Lost       uint64 `json:"lost"`              // without a trace
	Holes      uint64 `json:"holes"`             // lost and accounted for: at-most-once
	InFlight   uint64 `json:"in_flight"`
	Purged     uint64 `json:"purged"` // in records that are gone: not checked
	Repeated   uint64 `json:"repeated"`
	Unexpected uint64 `json:"unexpected"`
}

// Pair is a digest of the run beside the oracle's.
type Pair struct {
	Of     string `json:"of"`
	Run    string `json:"run"`
	Oracle string `json:"oracle"`
}

// Equal says whether the two are the same.
func (p Pair) Equal() bool { return p.Run == p.Oracle }

func pair(of string, run, oracle uint64) Pair {
	return Pair{of, pipeline.Digest(run), pipeline.Digest(oracle)}
}

// Has says whether a kind of thing was found.
func (r *Report) Has(kind Kind) bool {
	for _, f := range r.Findings {
		if f.Kind == kind {
			return true
		}
	}
	return false
}
