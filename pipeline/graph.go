package pipeline

import (
	"fmt"
	"strings"
)

// The stages, in the order in which a document meets them.
const (
	TokenizeStage = "tokenize"
	DFStage       = "df"
	ClassifyStage = "classify"
	TopicsStage   = "topics"
)

// Node is one stage of the logical graph.
type Node struct {
	Stage   string
	Writes  string   // kind of stream: one stream a partition
	Reads   []string // stages whose every partition it reads; none: the log
	Asks    []string // stages that it reads, too, where the plan asks for bursts or stories
	Divided string   // what decides which partition does a piece of work
	State   string   // what it remembers; "" when nothing
}

// Graph is the logical graph. The physical plan (how many partitions, chained
// or not) is in Plan.
//
//	log ─> tokenize ─> df ─> classify ─> topics
//	           └─────────────┘
func Graph() []Node {
	return []Node{
		{Stage: TokenizeStage, Writes: "tok", Divided: "by position, in blocks"},
		{Stage: DFStage, Writes: "df", Reads: []string{TokenizeStage}, Divided: "by term", State: "in how many documents each term occurred"},
		{Stage: ClassifyStage, Writes: "pred", Reads: []string{TokenizeStage, DFStage}, Divided: "by position, in blocks; each partition learns everything", State: "the model"},
		{Stage: TopicsStage, Writes: "win", Reads: []string{ClassifyStage}, Asks: []string{TokenizeStage}, Divided: "by window", State: "open windows, and what bursts and stories are told by"},
	}
}

// Stages lists the stages' names in order.
func Stages() []string {
	names := make([]string, 0, 4)
	for _, n := range Graph() {
		names = append(names, n.Stage)
	}
	return names
}

func node(stage string) (Node, error) {
	for _, n := range Graph() {
		if n.Stage == stage {
			return n, nil
		}
	}
	return Node{}, fmt.Errorf("no stage is called %q; the stages are %s", stage, strings.Join(Stages(), ", "))
}

// blockLength is how many log messages in a row belong to one partition of a
// stage divided by position.
const blockLength = 8

// blockOwner is the partition, of n, that a log message belongs to.
func blockOwner(sequence uint64, n int) int {
	if n == 1 {
		return 0
	}
	return int(sequence / blockLength % uint64(n))
}
