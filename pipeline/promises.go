package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tidings/guarantees"
)

// ParsePromises reads what the stages promise: "at-least-once" for all, or
// "exactly-once,df=at-most-once" for all but one, and recoveries likewise.
func ParsePromises(guarantee, recovery string) (all guarantees.Promise, stages map[string]guarantees.Promise, err error) {
	ofAll, of, err := byStage(guarantee)
	recoveryOfAll, recoveries, err2 := byStage(recovery)
	if err := errors.Join(err, err2); err != nil {
		return all, nil, err
	}
	all, err = guarantees.NewPromise(ofAll, recoveryOfAll)
	errs := []error{err}
	for _, stage := range Stages() {
		g, r := of[stage], recoveries[stage]
		if g == "" && r == "" {
			continue
		}
		if _, err := guarantees.NewPromise(all.Guarantee, r); g == "" && err == nil {
			g = all.Guarantee
		}
		p, err := guarantees.NewPromise(g, r)
		errs = append(errs, err)
		if p != all {
			if stages == nil {
				stages = map[string]guarantees.Promise{}
			}
			stages[stage] = p
		}
	}
	return all, stages, errors.Join(errs...)
}

// byStage splits "x,df=y" into what is for all and what is for single stages.
func byStage(s string) (all string, of map[string]string, err error) {
	of = map[string]string{}
	if s == "" {
		return "", of, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		stage, value, one := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case one:
			if _, err := node(stage); err != nil {
				return "", nil, err
			}
			of[stage] = value
		case all != "":
			return "", nil, fmt.Errorf("%q and %q are both for all stages; write df=%s for one of them", all, stage, stage)
		default:
			all = stage
		}
	}
	return all, of, nil
}

// Promise is what a stage promises.
func (p Plan) Promise(stage string) guarantees.Promise {
	if promise, ok := p.Stages[stage]; ok {
		return promise
	}
	return guarantees.Promise{Guarantee: p.Guarantee, Recovery: p.Recovery}
}

// Claim is what the whole pipeline can claim: the weakest of its stages'
// promises.
func (p Plan) Claim() guarantees.Promise {
	claim := p.Promise(ClassifyStage)
	if p.Partitions.Chained() {
		return claim
	}
	for _, stage := range Stages() {
		claim = guarantees.Weakest(claim, p.Promise(stage))
	}
	return claim
}

// checkPromises refuses promises that there are none of, and stages that
// promise something by themselves where there is only the chain.
func (p Plan) checkPromises() error {
	errs := []error{p.Promise("").Check()}
	for _, stage := range slices.Sorted(maps.Keys(p.Stages)) {
		_, err := node(stage)
		errs = append(errs, err, p.Stages[stage].Check())
		if p.Partitions.Chained() {
			errs = append(errs, fmt.Errorf("%s cannot promise something of its own: with one partition of each stage all are one worker with one record; create the pipeline with more --partitions", stage))
		}
	}
	return errors.Join(append(errs, p.checkReplay(), p.checkOrder(), p.checkUnaligned())...)
}

// checkReplay refuses to mix replay with what its streams cannot be read by, or
// made from.
func (p Plan) checkReplay() error {
	var replays, others []string
	for _, stage := range Stages() {
		switch promise := p.Promise(stage).OrDefault(); promise.Recovery {
		case guarantees.Replay:
			replays = append(replays, stage)
		case guarantees.Commit:
		default:
			others = append(others, stage+" "+promise.String())
		}
	}
	if len(replays) > 0 && p.Order != "" && p.Order != guarantees.Sorted {
		return fmt.Errorf("replay needs the order %s, not %s: read again, records that raced would come in another order, and other records would come of them", guarantees.Sorted, p.Order)
	}
	if len(replays) == 0 || len(others) == 0 {
		return nil
	}
	return fmt.Errorf("replay (%s) and %s cannot be mixed: what replay publishes again its readers have to leave out by its position, and what it reads has to be the same when it is read again; only exactly-once by commit or replay does both", strings.Join(replays, ", "), strings.Join(others, ", "))
}
