// Package check says whether a finished run kept what it claims, from what
// stands in its streams alone: it asks no process and believes no summary.
//
//	History   what the log and each partition's stream hold
//	Check     a pure function of it: what is lost, repeated, unexpected, out of order or wrong, and where
//	Open      the history of a pipeline on a broker, read as it is checked
//
// The one rule to keep: Check walks log and streams once, side by side, in the
// order of the log, and holds a record of each and a bounded number of findings,
// however long they are. It owns no state and writes nothing.
package check

import (
	"iter"
	"time"

	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// History is what a run left behind.
type History struct {
	Claim      guarantees.Promise            // of the whole run
	Stages     map[string]guarantees.Promise // of a stage that promises something else
	Partitions pipeline.Partitions
	Topics     topics.Options // says who owns which window
	Raced      bool           // records were met as they arrived: the oracle, which meets them in log order, says nothing of predictions
	Finished   bool           // what is not committed counts as lost, and not as in flight
	// Log is everything that came in, in order, with what the oracle made of it.
	// A message is valid until the next one.
	Log iter.Seq2[Message, error]
	// Streams are those of the partitions. In a chain there is one, of classify,
	// and it holds the windows too.
	Streams []Stream
	// Published is the log sequence up to which results had been published for
	// outside readers before a time, 0 for none; nil: nobody published.
	Published func(before time.Time) (to uint64, err error)
	// Proofs says, once Check has come to its end, how following the versions of
	// each replica of the model through its records went; nil: nobody did.
	Proofs func() ([]ledger.Proof, error)
	// Remet says, where records were met as they arrived, what comes of the order
	// in which they were; nil: nobody looked.
	Remet func() ([]Remet, error)
}

// Message is one message of the log.
type Message struct {
	Sequence uint64
	Entries  []pipeline.Entry // what tokenize makes of it; predictions and digests are the oracle's
	Terms    [][]int          // of each entry: how many of its terms each df partition counts
	Windows  []topics.Window  // that the oracle closes with it
	Late     []topics.Late    // documents of it that the oracle finds too late
	Counts   []topics.Counts  // of the oracle, up to it
}

// Stream is what one partition committed.
type Stream struct {
	Stage     string
	Partition int
	Purged    bool // its beginning is gone
	// Records are valid until the next one.
	Records iter.Seq2[Record, error]
}

// Record is one record of it.
type Record struct {
	guarantees.Header
	Sequence uint64             // in the stream
	Time     time.Time          // when it was stored
	Entries  []pipeline.Entry   // of tokenize and classify
	Missing  []pipeline.Stretch // of classify: log messages of which nothing came to it
	Values   int                // of df
	// ValuesTo tells how many of the values are those of log messages up to a
	// sequence; of df, where a record may come again in part.
	ValuesTo func(sequence uint64) int
	Windows  []topics.Window // of topics
	Late     []topics.Late
	Counts   []topics.Counts
}

// name is the stream's stage and partition, as people write it.
func (s *Stream) name() string { return place(s.Stage, s.Partition) }

// promise is a stage's.
func (h *History) promise(stage string) guarantees.Promise {
	if p, ok := h.Stages[stage]; ok {
		return p.OrDefault()
	}
	return h.Claim.OrDefault()
}
