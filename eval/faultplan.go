package eval

import (
	"math/rand/v2"

	"tidings/guarantees"
	"tidings/pipeline"
)

// The shares of what DefaultFaults lets go wrong all the time.
const (
	defaultDropAck     = 0.01
	defaultPublishFail = 0.01
	defaultDuplicate   = 0.005
	defaultReorder     = 0.005
	defaultReorderFar  = 8
)

// DefaultFaults is a fault plan for a log of so many documents, in the form that
// guarantees.ParseFaults reads: a worker of each stage is killed, at places that
// the seed decides, and records are stored without an answer, not stored,
// delivered twice and out of order. It bites at any number of documents above 0.
func DefaultFaults(p pipeline.Partitions, documents, seed uint64) string {
	draw := rand.New(rand.NewPCG(seed, 1))
	stages := []string{pipeline.DFStage, pipeline.ClassifyStage, pipeline.TokenizeStage, pipeline.TopicsStage, pipeline.ClassifyStage}
	if p.Chained() {
		stages = []string{pipeline.ClassifyStage, pipeline.ClassifyStage, pipeline.ClassifyStage}
	}
	var plan []guarantees.Fault
	of := pipeline.Plan{Partitions: p}.FaultStages()
	slot := max(documents/uint64(len(stages)+1), 1)
	for i, stage := range stages {
		at := min(uint64(i)*slot+slot/2+draw.Uint64N(slot), max(documents, 1))
		plan = append(plan, guarantees.Fault{Kind: guarantees.Kill, Stage: stage, Partition: draw.IntN(of[stage]), At: max(at, 1)})
	}
	return guarantees.FormatFaults(append(plan,
		guarantees.Fault{Kind: guarantees.DropAck, Partition: -1, Share: defaultDropAck},
		guarantees.Fault{Kind: guarantees.PublishFails, Partition: -1, Share: defaultPublishFail},
		guarantees.Fault{Kind: guarantees.Duplicate, Partition: -1, Share: defaultDuplicate},
		guarantees.Fault{Kind: guarantees.Reorder, Partition: -1, Window: defaultReorderFar, Share: defaultReorder}))
}
