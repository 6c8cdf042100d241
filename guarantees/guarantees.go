// Package guarantees decides when a unit of work counts.
//
// A runner hands it what a stage made of a stretch of the log: one record
// with the outputs and the range of positions they cover. The package makes
// that record durable and visible, once, at least once or at most once, as the
// promise says. A stage never learns which.
//
//	Promise     a guarantee and its recovery
//	Committer   writes one partition's stream: claims, done, ack, holes, fences
//	History     what the stream says that the partition's state has been through
//	Faults      what goes wrong on purpose
//
// Each recovery is one file behind one small interface (recovery.go): commit.go,
// replay.go, claim.go, kept.go and rollback.go. All of them, but replay between
// stages, write their records with the sequence that the stream's last record
// must have. That single compare-and-set is the fence against a worker that has
// been replaced, it keeps a stream free of gaps, and under exactly-once it is the
// cursor and the answer to a publish whose acknowledgement got lost (Akidau et
// al., "MillWheel", VLDB 2013, section 5.1: sequencer tokens; Kleppmann,
// "Designing Data-Intensive Applications", 2017, section 8.4: fencing).
//
// One Committer serves one partition and owns its cursor; nobody else may
// move it.
package guarantees

import "errors"

// ErrFenced reports that another worker owns the partition now. It is no
// failure: whoever receives it stops, and nothing of its unit was made
// visible.
var ErrFenced = errors.New("partition taken over by another worker")

// ErrUncertain reports that a commit was refused or not answered although
// nobody else owns the partition: the broker went away in the middle, say.
// Open the partition again and go on from its history.
var ErrUncertain = errors.New("the outcome of the last commits is not known")
