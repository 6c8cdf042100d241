package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tidings/eval"
	"tidings/guarantees"
	"tidings/pipeline"
)

// words says what the tables show.
func (x *experiment) words() []string {
	if len(x.outcomes) < 2 {
		return nil
	}
	oracle, runs := x.outcomes[0], x.outcomes[1:]
	var parts []string
	for _, o := range runs {
		parts = append(parts, inWords(o))
	}
	notes := []string{strings.Join(parts, " ")}
	notes = append(notes,
		"Accuracy is of first predictions: the first one that stands committed for a document, made before that run learnt the document's label there. Documents without a prediction are not in it. "+
			x.testWords()+
			"Labels differ (differ %) where the first prediction is not the oracle's; windows are those whose popular topics are not the oracle's; shares are how far the topics' shares of a window are from the oracle's, in points (half the sum over topics), on average.",
		"At the log's end, df % is the sum over all terms of |df - the oracle's df|, of the sum of the oracle's; weights % is the Euclidean norm of the differences between the model's weights and the oracle's, over the (label, feature) pairs that one of them has, of the norm of the oracle's: the mean of all replicas. "+
			"Updates are of all replicas together: each partition of classify learns every labelled document. "+
			"Still is the longest time in which no prediction was committed: what recovery from the worst fault takes.")
	if better := slices.IndexFunc(runs, func(o *eval.Outcome) bool { return o.Documents > 0 && o.Accuracy > oracle.Accuracy }); better >= 0 {
		notes = append(notes, fmt.Sprintf("%s is right more often (%.4f) than the oracle (%.4f), which learnt each document once: what is counted or learnt twice, or left out, can help by chance. So look at the labels that differ, not at accuracy.",
			sentence(runs[better].Run), runs[better].Accuracy, oracle.Accuracy))
	}
	return notes
}

// testWords tells what the documents of the test are.
func (x *experiment) testWords() string {
	if x.flags.TestShare == 0 {
		return ""
	}
	return fmt.Sprintf("Of %s of the documents, drawn by their ids (--test-share), labels are held back: nobody learns these, the oracle neither, and what is predicted of them when they come is scored by itself (test). ", percent(float64(x.flags.TestShare)))
}

// percent writes a share.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 4, 64) + " %" }

// inWords is what is to be said of one run.
func inWords(o *eval.Outcome) string {
	if o.Equal {
		return sentence(o.Run) + " is the oracle to the bit: predictions, df, model, updates and windows."
	}
	met := ""
	if o.Order == guarantees.Arrival {
		met = fmt.Sprintf(" It met %s behind later ones; met again in the order that was written down, they give the same to the byte.", counted(uint64(o.Jumps), "unit"))
		if len(o.Unmet) > 0 {
			met = ""
		}
		if o.Recovery == guarantees.Unaligned {
			met += fmt.Sprintf(" Its snapshots were not aligned: df is off by %.2f %%, and %s of the model's came twice. What was made in vain is made again by a model that may have learnt it, so its accuracy looks better than it is.", o.DFError, counted(o.Updates.Repeated, "update"))
			if !o.Bitten() {
				met += " No lane had passed the barrier of a snapshot to which all went back: other kills, more partitions or a shorter --snapshot-every may find one that has."
			}
		}
	}
	return fmt.Sprintf("%s lost %s and repeated %s; %.2f %% of its labels are not the oracle's.", sentence(o.Run), counted(o.Lost, "document"), counted(o.Repeated, "prediction"), o.DifferPercent) + met
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// faultNotes tell what went wrong on purpose.
func (x *experiment) faultNotes() (notes []string) {
	said := []string{}
	for i, faults := range x.used {
		switch {
		case slices.Contains(said, faults):
			continue
		case faults == "":
			notes = append(notes, "Nothing went wrong on purpose.")
		default:
			notes = append(notes, fmt.Sprintf("Faults%s: %s. The same --seed %d and the same documents give the same numbers again, but for speed and latency%s.", x.ofPartitions(i), faults, x.flags.Seed, x.raced()))
		}
		said = append(said, faults)
	}
	return append(notes, x.idleNotes()...)
}

// idleNotes tell which faults never struck, once for all runs in which it were
// the same.
func (x *experiment) idleNotes() (notes []string) {
	said := map[string]bool{}
	for _, o := range x.outcomes {
		idle := strings.Join(o.Idle, ", ")
		if idle == "" || said[idle] {
			continue
		}
		said[idle] = true
		var runs []string
		for _, other := range x.outcomes {
			if strings.Join(other.Idle, ", ") == idle {
				runs = append(runs, other.Run)
			}
		}
		notes = append(notes, fmt.Sprintf("Never struck: %s, in %s.", idle, strings.Join(runs, ", ")))
	}
	return notes
}

// raced says which numbers are others each time.
func (x *experiment) raced() string {
	if slices.ContainsFunc(x.plans, pipeline.Plan.Races) {
		return ", and for what was met as it arrived"
	}
	return ""
}

func (x *experiment) ofPartitions(i int) string {
	if len(x.flags.Partitions) < 2 {
		return ""
	}
	return " with partitions " + x.plans[i].Partitions.String()
}
