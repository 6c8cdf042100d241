package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"tidings/datasets"
	"tidings/datasets/catalogue"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/model/drift"
	"tidings/pipeline"
)

// BrokerFlags say which JetStream server a command uses.
type BrokerFlags struct {
	NATS      string `name:"nats" placeholder:"URL" help:"Use the NATS server at URL (nats://host:4222) instead of the embedded one."`
	Store     string `name:"store" placeholder:"DIR" help:"Keep the embedded server's streams in DIR, so that the same command goes on where it stopped. Default: a temporary directory."`
	Listen    string `name:"listen" placeholder:"HOST:PORT" help:"Open the embedded server to other processes, at 127.0.0.1:4222 for instance."`
	Sync      bool   `name:"sync" help:"Write each record through to the disk: it then survives a power failure, not only a crash."`
	StoreSize Size   `name:"store-size" placeholder:"64GB" default:"64GB" help:"The most the embedded server may store; full, it refuses and loses nothing."`
}

// Options checks the flags and says what they open.
func (f *BrokerFlags) Options(name string) (broker.Options, error) {
	if f.NATS != "" && (f.Store != "" || f.Listen != "") {
		return broker.Options{}, &UsageError{errors.New("--nats uses a server elsewhere, --store and --listen set up the embedded one: choose")}
	}
	if f.Listen != "" {
		if _, port, err := net.SplitHostPort(f.Listen); err != nil || !isPort(port) {
			return broker.Options{}, &UsageError{fmt.Errorf("--listen %q is not host:port; write 127.0.0.1:4222, or port 0 for one that is free", f.Listen)}
		}
	}
	return broker.Options{
		URL: f.NATS, Store: f.Store, Listen: f.Listen, SyncAlways: f.Sync, StoreBytes: int64(f.StoreSize), Name: name,
	}, nil
}

// Open opens the broker.
func (f *BrokerFlags) Open(ctx context.Context, name string) (*broker.Broker, error) {
	o, err := f.Options(name)
	if err != nil {
		return nil, err
	}
	b, err := broker.Open(ctx, o)
	for _, seen := range []error{broker.ErrNoBroker, broker.ErrCredentials, broker.ErrTLS, broker.ErrDenied, broker.ErrNoJetStream, broker.ErrStoreInUse} {
		if errors.Is(err, seen) {
			return nil, fmt.Errorf("%w; `classify doctor` with the same flags looks closer", err)
		}
	}
	return b, err
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// Explain adds to the error of a full store what it means and what to do.
func (f *BrokerFlags) Explain(err error) error {
	switch {
	case !errors.Is(err, broker.ErrFull):
		return err
	case f.NATS != "":
		return fmt.Errorf("%w; what was stored before is kept: raise the server's limits or make room there, and the same command goes on", err)
	case f.Store == "":
		return fmt.Errorf("%w; --store-size allows %s: give it more, and --store DIR to keep what is done", err, f.StoreSize)
	}
	return fmt.Errorf("%w; what was stored before is kept: --store-size allows %s, give it more and the same command goes on where this one stopped", err, f.StoreSize)
}

// Size is a number of bytes: "64GB", "500MB".
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "kKMGTBi")
	n, err := strconv.ParseFloat(digits, 64)
	factor, ok := map[string]float64{"": 1, "B": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[strings.ToUpper(strings.TrimSuffix(strings.TrimSuffix(string(text)[len(digits):], "B"), "i"))]
	if err != nil || !ok || n <= 0 || n*factor > 1e18 {
		return fmt.Errorf("%q is no size; write 500MB or 64GB", text)
	}
	*s = Size(n * factor)
	return nil
}

// String is the form that UnmarshalText reads.
func (s Size) String() string {
	for _, unit := range []struct {
		name string
		size Size
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if s >= unit.size {
			return strconv.FormatFloat(float64(s)/float64(unit.size), 'f', -1, 64) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// ModelFlags say what is learnt and from which features.
type ModelFlags struct {
	Model string `name:"model" default:"${model}" complete:"${models}" help:"The model: ${modelhelp}. Default: ${default}."`
	TextFlags
	WaitFlags
}

// PlanFlags say what a pipeline computes. They belong to the pipeline from its
// creation on.
type PlanFlags struct {
	Pipeline   string `name:"pipeline" default:"tidings" placeholder:"NAME" help:"The pipeline; several live on one server without touching. Default: ${default}."`
	Partitions string `name:"partitions" default:"1" placeholder:"N" help:"Partitions of each stage: 4, or df=4,classify=2. 1, the default, chains all stages in one worker."`
	ModelFlags
	Guarantee string `name:"guarantee" placeholder:"NAME" complete:"exactly-once,at-least-once,at-most-once" help:"What is promised of each document: ${guarantees}; or of single stages, as in exactly-once,df=at-least-once. Default: exactly-once."`
	Recovery  string `name:"recovery" placeholder:"NAME" complete:"commit,replay,snapshot,kept,rollback,unaligned,claim" help:"How the guarantee is reached: exactly-once by commit (one record a unit, visible at once), replay (released at once, made again after a crash and left out by who has it) or snapshot (all partitions save their state together, and outputs are held back until then); at-least-once by kept (what was not acknowledged is counted again), rollback (it is not) or unaligned (as snapshot, but nobody waits at a barrier, so what came behind it may be counted again; with --order arrival); at-most-once by claim."`
	SnapshotFlags
	Order string `name:"order" enum:"sorted,arrival" default:"sorted" help:"In which order records that raced are met, where there are several partitions: sorted is that of the log, the same each time; arrival is that in which they come, which is sooner, and another one each time. Default: ${default}."`
	DriftFlags
	WindowFlags
}

// SnapshotFlags say how often the recovery snapshot takes one.
type SnapshotFlags struct {
	SnapshotEvery string `name:"snapshot-every" placeholder:"1s" complete:"100ms,1s,2s,5000docs" help:"With --recovery snapshot or unaligned: save the state of all partitions, and release the outputs, each time so much has passed: 1s, 100ms, 5000docs. Default: ${snapshotevery}."`
}

// Vars are what the flags' help texts refer to.
func Vars() map[string]string {
	return map[string]string{
		"model": model.Default, "models": strings.Join(models(), ","), "modelhelp": modelHelp(),
		"tokenizer": features.TokenizerUnicode, "tokenizers": strings.Join(features.Tokenizers(), " or "),
		"detectors":  strings.Join(drift.Names(), ", "),
		"guarantees": strings.Join(guarantees.Guarantees(), ", "),
		"hashbits":   strconv.Itoa(features.HashBitsDefault), "formats": strings.Join(datasets.Formats(), ", "),
		"snapshotevery": pipeline.SnapshotEveryTime.String(),
		"datasets":      strings.Join(catalogue.Names(), ", "),
	}
}

// Plan makes the plan of a pipeline of which only what is learnt matters.
func (f *ModelFlags) Plan() (pipeline.Plan, error) {
	text, err := f.Features()
	if err != nil {
		return pipeline.Plan{}, err
	}
	wait, err := f.wait()
	if err != nil {
		return pipeline.Plan{}, err
	}
	name, text, err := choose(f.Model, text, f.CharNGrams != "")
	if err != nil {
		return pipeline.Plan{}, &UsageError{err}
	}
	return checked(pipeline.Plan{Model: name, Features: text, LabelWait: wait, Drift: drift.None()}.WithDefaults())
}

func checked(p pipeline.Plan) (pipeline.Plan, error) {
	if err := p.Check(); err != nil {
		return p, &UsageError{err}
	}
	return p, nil
}

// Plan makes the plan.
func (f *PlanFlags) Plan() (pipeline.Plan, error) {
	var errs []error
	partitions, err := pipeline.ParsePartitions(f.Partitions)
	errs = append(errs, err)
	windows, err := f.WindowFlags.Options()
	errs = append(errs, err)
	text, err := f.Features()
	errs = append(errs, err)
	watch, err := f.DriftFlags.Options()
	errs = append(errs, err)
	wait, err := f.wait()
	errs = append(errs, err)
	name, text, err := choose(f.Model, text, f.CharNGrams != "")
	errs = append(errs, err)
	promise, stages, err := pipeline.ParsePromises(f.Guarantee, f.Recovery)
	errs = append(errs, err)
	every, err := pipeline.ParseInterval(f.SnapshotEvery)
	errs = append(errs, err)
	p := pipeline.Plan{
		SnapshotEvery: every,
		Pipeline:      pipeline.Name(f.Pipeline), Partitions: partitions, Model: name, Features: text,
		Guarantee: promise.Guarantee, Recovery: promise.Recovery, Order: f.Order, Stages: stages,
		Topics: windows, Drift: watch, LabelWait: wait,
	}
	if err := errors.Join(errs...); err != nil {
		return p, &UsageError{err}
	}
	return checked(p.WithDefaults())
}

// PaceFlags say how fast a source is fed.
type PaceFlags struct {
	Rate  string `name:"rate" placeholder:"500/s" help:"Feed at most so many documents a second."`
	Speed string `name:"speed" placeholder:"100x" help:"Replay event times so many times faster than they passed."`
}

// Pace reads --rate and --speed.
func (f *PaceFlags) Pace() (rate, speed float64, err error) {
	for _, p := range []struct {
		flag, text, unit string
		to               *float64
	}{{"--rate", f.Rate, "/s", &rate}, {"--speed", f.Speed, "x", &speed}} {
		if p.text == "" {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSuffix(p.text, p.unit), 64)
		if err != nil || !(v > 0) || v > 1e9 {
			return 0, 0, &UsageError{fmt.Errorf("%s %q: write a number above 0, as in 500%s", p.flag, p.text, p.unit)}
		}
		*p.to = v
	}
	if rate > 0 && speed > 0 {
		return 0, 0, &UsageError{errors.New("--rate and --speed both set the pace: choose one")}
	}
	return rate, speed, nil
}

// CheckAbstain tells whether a probability can be a threshold to abstain at; 0
// is none.
func CheckAbstain(below float64) error {
	if below >= 0 && below <= 1 {
		return nil
	}
	return &UsageError{fmt.Errorf("--abstain %v is no probability; write a number from 0 to 1, as in 0.4", below)}
}
