package pipeline

import (
	"fmt"

	"tidings/guarantees"
)

// Races says whether records are met in the order in which they come. From one
// tokenize partition they come in one order.
func (p Plan) Races() bool {
	return p.Order == guarantees.Arrival && p.Partitions.Tokenize > 1
}

// met says whether a stage meets its records in the order in which they come,
// and writes down which that was. Windows are told in log order whatever raced
// before.
func (p Plan) met(stage string) bool {
	return p.Races() && (stage == DFStage || stage == ClassifyStage)
}

// shares says whether partitions of a stage may share one state: they have been
// through the same, in the same order. Where records race one worker does not do
// the work of several tokenize partitions in turn, or nothing would race.
func (p Plan) shares(stage string) bool {
	return p.Promise(stage).Shares() && (stage == TopicsStage || !p.Races())
}

// checkOrder refuses an order that there is none of, and what that of arrival
// cannot be had with.
func (p Plan) checkOrder() error {
	switch p.Order {
	case "", guarantees.Sorted:
		return nil
	case guarantees.Arrival:
	default:
		return fmt.Errorf("order %q is not known; there are %s and %s", p.Order, guarantees.Sorted, guarantees.Arrival)
	}
	for _, stage := range Stages() {
		if promise := p.Promise(stage).OrDefault(); !promise.In(guarantees.Arrival) && promise.Recovery != guarantees.Replay { // of that checkReplay tells
			return fmt.Errorf("the order %s needs %s by %s or %s, or %s by %s, and %s has %s: what raced is written down with what came of it, and with the others it could be lost, or met twice without a word", guarantees.Arrival, guarantees.ExactlyOnce, guarantees.Commit, guarantees.BySnapshot, guarantees.AtLeastOnce, guarantees.Unaligned, stage, promise)
		}
	}
	return nil
}

// checkUnaligned refuses snapshots without alignment where nothing can come
// behind a barrier before it has come everywhere.
func (p Plan) checkUnaligned() error {
	if p.Promise("").Recovery != guarantees.Unaligned || p.passes() {
		return nil
	}
	return fmt.Errorf("%s is for records that are met as they arrive: where they come in log order, or from one partition of tokenize, all have come to a barrier before anything behind it comes, and it would be %s by %s; add --order %s and --partitions 2 or more, or choose another recovery", p.Promise(""), guarantees.ExactlyOnce, guarantees.BySnapshot, guarantees.Arrival)
}

// passes says whether lanes go on at a barrier while others have not come to it.
func (p Plan) passes() bool { return p.Races() && p.Promise("").Recovery == guarantees.Unaligned }

// lanes is how often the cursor of a stage's partitions counts each log message:
// once a lane, 0 where it does not count but tell log sequences. By commit control
// records, which lanes meet together, count once.
func (p Plan) lanes(stage string) uint64 {
	if p.Holds() && p.met(stage) {
		return uint64(p.Partitions.Tokenize)
	}
	return 0
}
