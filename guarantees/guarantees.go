// Package guarantees decides when a unit of work counts.
//
// A runner hands it what a stage made of a stretch of the log: one record
// with the outputs and the range of positions they cover. The package makes
// that record durable and visible behind the one before it, or not at all.
// Here stands the recovery called commit: the record is the commit, written
// with the sequence that the stream's last record must have. That single
// compare-and-set is the fence against a worker that has been replaced, the
// cursor, and the answer to a publish whose acknowledgement got lost (Akidau et al.,
// "MillWheel", VLDB 2013, section 5.1: sequencer tokens; Kleppmann,
// "Designing Data-Intensive Applications", 2017, section 8.4: fencing).
//
// One Committer serves one partition and owns its cursor; nobody else may
// move it.
package guarantees

import "errors"

// The modes that a run states in its summary.
const (
	ExactlyOnce = "exactly-once"
	Commit      = "commit" // recovery: one record a unit, compare-and-set
	Sorted      = "sorted" // order: records that raced are met in log order
)

// ErrFenced reports that another worker owns the partition now. It is no
// failure: whoever receives it stops, and nothing of its unit was made
// visible.
var ErrFenced = errors.New("partition taken over by another worker")

// ErrUncertain reports that a commit was refused or not answered although
// nobody else owns the partition: the broker went away in the middle, say.
// Open the partition again and go on from its cursor.
var ErrUncertain = errors.New("the outcome of the last commits is not known")
