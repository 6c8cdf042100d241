package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/model/drift"
	"tidings/pipeline/topics"
)

// PartitionsMax is how many partitions a stage may have.
const PartitionsMax = 64

// Partitions is the number of partitions of each stage.
type Partitions struct {
	Tokenize int `json:"tokenize"`
	DF       int `json:"df"`
	Classify int `json:"classify"`
	Topics   int `json:"topics"`
}

// of is the number of a stage's partitions, to read or to set.
func (p *Partitions) of(stage string) *int {
	switch stage {
	case TokenizeStage:
		return &p.Tokenize
	case DFStage:
		return &p.DF
	case ClassifyStage:
		return &p.Classify
	case TopicsStage:
		return &p.Topics
	}
	return nil
}

// ParsePartitions reads "4" (of every stage) or "df=4,classify=2" (1 of the
// others).
func ParsePartitions(s string) (Partitions, error) {
	p := Partitions{1, 1, 1, 1}
	if n, err := strconv.Atoi(s); err == nil {
		p = Partitions{n, n, n, n}
		return p, p.check()
	}
	for part := range strings.SplitSeq(s, ",") {
		stage, number, _ := strings.Cut(strings.TrimSpace(part), "=")
		to := p.of(stage)
		if to == nil {
			return p, fmt.Errorf("partitions %q: no stage is called %q; the stages are %s", s, stage, strings.Join(Stages(), ", "))
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			return p, fmt.Errorf("partitions %q: write 4 for all stages, or df=4,classify=2", s)
		}
		*to = n
	}
	return p, p.check()
}

func (p Partitions) check() error {
	for _, stage := range Stages() {
		if n := *p.of(stage); n < 1 || n > PartitionsMax {
			return fmt.Errorf("%s has %d partitions; 1 to %d are possible", stage, n, PartitionsMax)
		}
	}
	return nil
}

// String is the form that ParsePartitions reads.
func (p Partitions) String() string {
	if p.Tokenize == p.DF && p.DF == p.Classify && p.Classify == p.Topics {
		return strconv.Itoa(p.DF)
	}
	parts := make([]string, 0, 4)
	for _, stage := range Stages() {
		parts = append(parts, stage+"="+strconv.Itoa(*p.of(stage)))
	}
	return strings.Join(parts, ",")
}

// Chained says whether the whole graph is one worker with one commit record.
func (p Partitions) Chained() bool { return p == Partitions{1, 1, 1, 1} }

// planFormat rises when a plan of before cannot be carried on any more.
const planFormat = 1

// Plan is everything that decides what a pipeline computes and where its
// records stand. It is stored when the pipeline is created and belongs to it:
// a process that comes with another plan is refused.
type Plan struct {
	Format     int        `json:"format"`
	Pipeline   Name       `json:"pipeline"`
	Partitions Partitions `json:"partitions"`
	Guarantee  string     `json:"guarantee"`
	Recovery   string     `json:"recovery"`
	Order      string     `json:"order"`
	// SnapshotEvery is how often outputs are released under the recovery snapshot;
	// with others it is not set.
	SnapshotEvery Interval `json:"snapshot_every,omitzero"`
	// Stages are the stages that keep another promise than the rest.
	Stages   map[string]guarantees.Promise `json:"stages,omitempty"`
	Features features.Options              `json:"features"`
	Model    string                        `json:"model"`
	Options  model.Options                 `json:"model_options"`
	Topics   topics.Options                `json:"topics"`
	// Drift is left out where all detectors watch at their defaults.
	Drift drift.Options `json:"drift,omitzero"`
	// LabelWait says how long labels that come later are waited for.
	LabelWait LabelWait `json:"label_wait,omitzero"`
	// Start is the version that the pipeline begins with; the zero value is
	// nothing.
	Start Promotion `json:"start,omitzero"`
	// Fixed leaves model and df as they begin: a text is predicted the same
	// whenever it comes. Labels are scored, and not learnt.
	Fixed bool `json:"fixed,omitempty"`
	// State says where df counts live: "" is in workers, else RedisState. In
	// which Redis, with its password, only processes know.
	State string `json:"state,omitempty"`
	// Snapshots says in what kind of store they are kept: "" is the broker's,
	// else files or redis. Where that store is, with its password, only
	// processes know.
	Snapshots string `json:"snapshots,omitempty"`
}

// WithDefaults fills in what was left out.
func (p Plan) WithDefaults() Plan {
	p.Format = planFormat
	if p.Pipeline == "" {
		p.Pipeline = NameDefault
	}
	if p.Partitions == (Partitions{}) {
		p.Partitions = Partitions{1, 1, 1, 1}
	}
	if promise, err := guarantees.NewPromise(p.Guarantee, p.Recovery); err == nil {
		p.Guarantee, p.Recovery = promise.Guarantee, promise.Recovery
	}
	p.Order = cmp.Or(p.Order, guarantees.Sorted)
	if p.Holds() && p.SnapshotEvery == (Interval{}) {
		p.SnapshotEvery.Time = SnapshotEveryTime
	}
	p.Features = p.Features.Canonical()
	if p.Model == "" {
		p.Model = model.Default
	}
	if len(p.Topics.Windows) == 0 {
		p.Topics.Windows = DefaultWindows()
	}
	p.Topics = p.Topics.WithDefaults()
	p.Drift = p.Drift.Canonical()
	p.LabelWait = p.LabelWait.canonical()
	return p
}

// DefaultWindows are windows of a day, and of 1,000 documents for documents
// that have no time.
func DefaultWindows() []topics.Definition {
	windows := make([]topics.Definition, 0, 2)
	for _, s := range []string{"tumbling:24h", "count:1000"} {
		if d, err := topics.Parse(s); err == nil {
			windows = append(windows, d)
		}
	}
	return windows
}

// Check reports all problems of a plan at once.
func (p Plan) Check() error {
	_, modelErr := model.New(p.Model, p.Options)
	return errors.Join(p.Pipeline.Check(), p.Partitions.check(), p.checkPromises(), p.checkSnapshots(), p.Features.Check(), p.checkNGrams(), modelErr, p.Topics.Check(), p.Drift.Check(), p.LabelWait.Check(), p.checkFixed(), p.checkState())
}

// checkNGrams refuses what could make a record larger than a broker takes: with
// partitions, terms travel as text, and three words to a term multiply it by six.
func (p Plan) checkNGrams() error {
	if p.Features.NGrams.Max > 2 && !p.Partitions.Chained() {
		return fmt.Errorf("n-grams %v with several partitions could need records larger than a broker takes; choose 1-2, or one partition", p.Features.NGrams)
	}
	return nil
}

// checkFixed refuses a pipeline that begins with nothing and learns nothing.
func (p Plan) checkFixed() error {
	if p.Fixed && p.Start.Number == 0 {
		return errors.New("nothing is learnt, and no version is there to begin with: name one with --model-version, or let it learn")
	}
	return nil
}

// Create makes the pipeline on a broker: its streams and its stored plan. When
// it exists already, with this very plan, nothing changes; with another plan
// the error is a *PlanError.
func Create(ctx context.Context, b *broker.Broker, p Plan) error {
	if err := p.Check(); err != nil {
		return err
	}
	if err := store(ctx, b, p); err != nil {
		return err
	}
	streams := []broker.Stream{p.Pipeline.LogStream()}
	for _, n := range p.writers() {
		for i := range *p.Partitions.of(n.Stage) {
			streams = append(streams, p.Pipeline.partitionStream(n, i))
		}
	}
	for _, s := range streams {
		if err := b.CreateStream(ctx, s); err != nil {
			return err
		}
	}
	if p.Holds() {
		return b.CreateBucket(ctx, p.Pipeline.barrierBucket())
	}
	return nil
}

// writers are the stages that write streams: in a chain the last record is
// classify's, and it holds the windows too.
func (p Plan) writers() []Node {
	var out []Node
	for _, n := range Graph() {
		if !p.Partitions.Chained() || n.Stage == ClassifyStage {
			out = append(out, n)
		}
	}
	return out
}

const planKey = "plan"

func store(ctx context.Context, b *broker.Broker, p Plan) error {
	want, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = b.CreateKey(ctx, p.Pipeline.metaBucket(), planKey, want)
	if !errors.Is(err, broker.ErrExists) {
		return err
	}
	stored, err := b.Key(ctx, p.Pipeline.metaBucket(), planKey)
	if err != nil {
		return err
	}
	return comparePlans(p.Pipeline, stored, want)
}

// PlanError says that the pipeline was created with another plan.
type PlanError struct {
	Pipeline    Name
	Differences []string // "partitions.df: stored 1, asked for 2"
}

func (e *PlanError) Error() string {
	return fmt.Sprintf("pipeline %s was created with another plan: %s. Its records fit that plan only: run with the stored settings, or start anew with another --pipeline or --store",
		e.Pipeline, strings.Join(e.Differences, "; "))
}

func comparePlans(name Name, stored, want []byte) error {
	var a, b map[string]any
	if err := json.Unmarshal(stored, &a); err != nil {
		return fmt.Errorf("the stored plan of pipeline %s cannot be read: %w", name, err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		return err
	}
	if f, _ := a["format"].(float64); int(f) > planFormat {
		return fmt.Errorf("pipeline %s was created by a newer version of this program (plan format %v, this one knows %d); use that version", name, f, planFormat)
	}
	var differences []string
	diff("", a, b, &differences)
	if len(differences) == 0 {
		return nil
	}
	return &PlanError{name, differences}
}

// diff lists where two JSON values differ, by path.
func diff(path string, a, b any, out *[]string) {
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if !aok || !bok {
		if !reflect.DeepEqual(a, b) {
			*out = append(*out, fmt.Sprintf("%s: stored %s, asked for %s", path, shown(a), shown(b)))
		}
		return
	}
	keys := make([]string, 0, len(am)+len(bm))
	for k := range am {
		keys = append(keys, k)
	}
	for k := range bm {
		if _, ok := am[k]; !ok {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		diff(strings.TrimPrefix(path+"."+k, "."), am[k], bm[k], out)
	}
}

func shown(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
