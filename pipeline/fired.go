package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

const (
	faultsKey   = "faults" // the plan
	faultPrefix = "fault." // what has struck
)

// Fired stores beside a pipeline's plan which faults have struck.
type Fired struct {
	Broker   *broker.Broker
	Pipeline Name
}

// Fire stores that a fault strikes, and says whether it is the first time.
func (f Fired) Fire(ctx context.Context, name string, s guarantees.Strike) (first bool, err error) {
	s.Time = time.Now().UTC()
	value, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	err = f.Broker.CreateKey(ctx, f.Pipeline.metaBucket(), faultPrefix+name, value)
	if errors.Is(err, broker.ErrExists) {
		return false, nil
	}
	return err == nil, err
}

// List returns what has struck, by fault, place and log sequence.
func (f Fired) List(ctx context.Context) (strikes []guarantees.Strike, err error) {
	values, err := f.Broker.Values(ctx, f.Pipeline.metaBucket(), faultPrefix+">")
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		var s guarantees.Strike
		if err := json.Unmarshal(values[key], &s); err != nil {
			return nil, fmt.Errorf("bucket %s, key %s: it does not tell how a fault struck: %w", f.Pipeline.metaBucket(), key, err)
		}
		strikes = append(strikes, s)
	}
	slices.SortStableFunc(strikes, func(a, b guarantees.Strike) int {
		return cmp.Or(cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Sequence, b.Sequence))
	})
	return strikes, nil
}

// FaultPlan is what is to go wrong in a pipeline. Like its plan it is stored
// and belongs to it: what a worker that starts again has to meet again depends
// on it.
type FaultPlan struct {
	Faults string `json:"faults"` // in the form that guarantees.ParseFaults reads
	Seed   uint64 `json:"seed"`
}

func (p FaultPlan) String() string {
	return fmt.Sprintf("--faults '%s' --seed %d", p.Faults, p.Seed)
}

// FaultPlanError says that other faults belong to the pipeline.
type FaultPlanError struct {
	Pipeline Name
	Stored   FaultPlan
}

func (e *FaultPlanError) Error() string {
	return fmt.Sprintf("faults belong to pipeline %s: it goes on with %s, and with nothing else. To try others, start anew with another --pipeline or --store", e.Pipeline, e.Stored)
}

// StoreFaults makes a fault plan the pipeline's. A pipeline that has another
// one already is a *FaultPlanError.
func StoreFaults(ctx context.Context, b *broker.Broker, name Name, p FaultPlan) error {
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = b.CreateKey(ctx, name.metaBucket(), faultsKey, value)
	if !errors.Is(err, broker.ErrExists) {
		return err
	}
	stored, err := StoredFaults(ctx, b, name)
	if err == nil && stored != p {
		err = &FaultPlanError{name, stored}
	}
	return err
}

// StoredFaults returns the fault plan of a pipeline, broker.ErrEmpty when it
// has none.
func StoredFaults(ctx context.Context, b *broker.Broker, name Name) (p FaultPlan, err error) {
	value, err := b.Key(ctx, name.metaBucket(), faultsKey)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(value, &p); err != nil {
		return p, fmt.Errorf("the stored fault plan of pipeline %s cannot be read: %w", name, err)
	}
	return p, nil
}

// FaultStages are the stages as a fault plan may name them, with the number of
// their partitions: in a chain all are the one worker of classify.
func (p Plan) FaultStages() map[string]int {
	stages := map[string]int{}
	for _, stage := range Stages() {
		stages[stage] = 0
		if !p.Partitions.Chained() || stage == ClassifyStage {
			stages[stage] = *p.Partitions.of(stage)
		}
	}
	return stages
}

// Faults puts a pipeline's fault plan to work.
func (p Plan) Faults(b *broker.Broker, f FaultPlan) (*guarantees.Faults, error) {
	plan, err := guarantees.ParseFaults(f.Faults, p.FaultStages())
	if err != nil {
		return nil, err
	}
	return &guarantees.Faults{Plan: plan, Seed: f.Seed, Fired: Fired{b, p.Pipeline}}, nil
}

// FaultReport tells what became of one fault of a plan.
type FaultReport struct {
	Fault   string              `json:"fault"`
	Strikes []guarantees.Strike `json:"strikes"` // of faults of delivery and of a slow disk, the first in each partition

	// Drawn says that chance decides which records it strikes.
	Drawn bool `json:"-"`
}

// ReportFaults tells what became of each fault of the pipeline's plan, nil when
// it has none.
func ReportFaults(ctx context.Context, b *broker.Broker, p Plan) ([]FaultReport, error) {
	stored, err := StoredFaults(ctx, b, p.Pipeline)
	if errors.Is(err, broker.ErrEmpty) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	faults, err := p.Faults(b, stored)
	if err != nil {
		return nil, err
	}
	strikes, err := Fired{b, p.Pipeline}.List(ctx)
	if err != nil {
		return nil, err
	}
	reports := make([]FaultReport, len(faults.Plan))
	for i, f := range faults.Plan {
		reports[i] = FaultReport{Fault: f.String(), Strikes: []guarantees.Strike{}, Drawn: f.Share > 0 || f.Kind == guarantees.Reorder}
	}
	for _, s := range strikes {
		if s.Fault >= 0 && s.Fault < len(reports) {
			reports[s.Fault].Strikes = append(reports[s.Fault].Strikes, s)
		}
	}
	return reports, nil
}
