package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"tidings/guarantees"
)

// Kind names what was found.
type Kind string

// The kinds.
const (
	Lost       Kind = "lost"         // a document of the log that is nowhere in the stage's records
	Repeated   Kind = "repeated"     // a document that is there more than once
	Unexpected Kind = "unexpected"   // one that the log does not have
	Disordered Kind = "out-of-order" // one that stands behind a later one
	Gap        Kind = "gap"          // a range of the log between two records that neither covers
	Overlap    Kind = "overlap"      // a record that covers a range half again and half for the first time
	Fence      Kind = "fence"        // a record of an epoch that had ended, or of one that never began
	Cursor     Kind = "cursor"       // a fence or an acknowledgement that tells of a place where the stream is not
	Alien      Kind = "alien"        // a kind of record that there is not under the stage's promise
	Early      Kind = "early"        // results that could be seen and were done again, for the snapshot that holds them back was not complete
	Sum        Kind = "conservation" // what came in is not what went out
	Ledger     Kind = "ledger"       // the log does not lead from one version of the model to the next
	Differs    Kind = "differs"      // a prediction that is not the oracle's
	Digest     Kind = "digest"       // a state that is not the oracle's

	WindowLost       Kind = "window-lost"       // one that the oracle closes and the run does not
	WindowRepeated   Kind = "window-repeated"   // one that is emitted twice
	WindowUnexpected Kind = "window-unexpected" // one that the oracle does not close
	WindowDiffers    Kind = "window-differs"    // one with other counts than the oracle's
)

// breaks says whether what was found breaks a claim.
func (k Kind) breaks(claim guarantees.Promise) bool {
	switch claim.OrDefault().Guarantee {
	case guarantees.AtMostOnce:
		return !slices.Contains([]Kind{Lost, Differs, Digest, WindowLost, WindowUnexpected, WindowDiffers}, k)
	case guarantees.AtLeastOnce:
		return !slices.Contains([]Kind{Repeated, Differs, Digest, WindowRepeated, WindowUnexpected, WindowDiffers}, k)
	}
	return true
}

// meaning is what it means for the data.
func (k Kind) meaning() string {
	switch k {
	case Lost:
		return "documents of the log have no entry here"
	case Repeated:
		return "documents are here more than once"
	case Unexpected:
		return "entries that are not in the log"
	case Disordered:
		return "entries stand behind later ones"
	case Gap:
		return "no record covers a range of the log"
	case Overlap:
		return "a record covers a range half again, half for the first time"
	case Fence:
		return "a worker wrote after it had been replaced, or without a fence"
	case Cursor:
		return "a record tells of a place in the log where its stream is not"
	case Alien:
		return "a kind of record that the promise does not know"
	case Early:
		return "results were published before they were released"
	case Sum:
		return "what went in is not what came out"
	case Ledger:
		return "the model did not learn what the log and the records say"
	case Differs:
		return "predictions are not the oracle's"
	case Digest:
		return "the state is not the oracle's"
	case WindowLost:
		return "windows that the oracle closes were never emitted"
	case WindowRepeated:
		return "windows were emitted twice"
	case WindowUnexpected:
		return "windows that the oracle does not close"
	case WindowDiffers:
		return "windows do not count what the oracle's do"
	}
	return ""
}

// ExamplesMax is how many examples a finding keeps.
const ExamplesMax = 5

// Finding is one kind of thing that was found in one partition.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Where    string   `json:"where"` // "classify/0"
	Count    uint64   `json:"count"` // documents, windows or records
	Broken   bool     `json:"broken"`
	Meaning  string   `json:"meaning"`
	From     uint64   `json:"from"` // first and last log message concerned
	To       uint64   `json:"to"`
	Examples []string `json:"examples"` // the first few: ids, windows, records

	// Of what is lost: before all that is there, between, and behind.
	Beginning uint64 `json:"beginning,omitempty"`
	Middle    uint64 `json:"middle,omitempty"`
	End       uint64 `json:"end,omitempty"`
}

func (f *Finding) String() string {
	return fmt.Sprintf("%s in %s: %d, log messages %d..%d, %v", f.Kind, f.Where, f.Count, f.From, f.To, f.Examples)
}

// findings collects them by kind and place.
type findings struct {
	claim guarantees.Promise
	all   map[string]*Finding
}

func place(stage string, partition int) string { return stage + "/" + strconv.Itoa(partition) }

// add notes n of a kind at a log message.
func (f *findings) add(kind Kind, where string, n, from, to uint64, example string) *Finding {
	key := string(kind) + " " + where
	one := f.all[key]
	if one == nil {
		one = &Finding{Kind: kind, Where: where, From: from, Broken: kind.breaks(f.claim), Meaning: kind.meaning(), Examples: []string{}}
		f.all[key] = one
	}
	one.Count += n
	one.From, one.To = min(one.From, from), max(one.To, to)
	if len(one.Examples) < ExamplesMax && example != "" {
		one.Examples = append(one.Examples, example)
	}
	return one
}

// order lists them: what breaks the claim first, then along the graph.
func (f *findings) order(along []string) []Finding {
	all := make([]Finding, 0, len(f.all))
	for _, one := range f.all {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(btoi(a.Broken), btoi(b.Broken)),
			cmp.Compare(slices.Index(along, a.Where), slices.Index(along, b.Where)),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Where, b.Where))
	})
	return all
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
