package drift

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tidings/internal/near"
)

// The detectors.
const (
	ADWIN       = "adwin"
	PageHinkley = "page-hinkley"
	Terms       = "terms"
	Every       = "every"
	Off         = "off" // as the only one: none
)

// Options say which detectors watch. The zero value is all of them at their
// defaults.
type Options struct {
	// Detectors are to watch: nil for all at their defaults, or Specs such as
	// "adwin" or "terms:6", or "off" alone.
	Detectors []Spec `json:"detectors,omitempty"`
}

// None are the options of no detectors.
func None() Options { return Options{Detectors: []Spec{Off}} }

// Spec names a detector, with its one parameter if that is not to be the default:
// "page-hinkley", "page-hinkley:80".
type Spec string

// kind is a detector and the range of its parameter.
type kind struct {
	name      string
	usual     float64
	low, high float64
	whole     bool
	what      string // the parameter
	make      func(float64) Detector
}

// kinds are in the order in which alarms of one document are told.
func kinds() []kind {
	return []kind{
		{ADWIN, ADWINDefault, 1e-12, 0.5, false, "confidence", newADWIN},
		{PageHinkley, PageHinkleyDefault, 1, 1e9, false, "threshold", newPageHinkley},
		{Terms, TermsDefault, 1, 1e6, false, "number of standard deviations", newTerms},
		{Every, EveryDefault, 1, 1e15, true, "number of documents", newEvery},
	}
}

// Names lists the detectors.
func Names() (names []string) {
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Parse reads "adwin,terms:6", "off", or "" for all at their defaults.
func Parse(text string) (o Options, err error) {
	if strings.TrimSpace(text) == "" {
		return o, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		o.Detectors = append(o.Detectors, Spec(strings.TrimSpace(part)))
	}
	return o.Canonical(), o.Check()
}

// Specs are the detectors that watch, in the order of Names.
func (o Options) Specs() (all []Spec) {
	for _, k := range o.parameters() {
		all = append(all, k.spec())
	}
	return all
}

// Name is the detector's, without a parameter.
func (s Spec) Name() string {
	name, _, _ := strings.Cut(string(s), ":")
	return name
}

// String is the form that Parse reads.
func (o Options) String() string {
	var parts []string
	for _, s := range o.Specs() {
		parts = append(parts, string(s))
	}
	if len(parts) == 0 {
		return Off
	}
	return strings.Join(parts, ",")
}

// Canonical are the same options in the one form in which they are stored:
// detectors in the order of Names, the baseline always among them, nil for the
// defaults. Options that Check refuses are returned as they are.
func (o Options) Canonical() Options {
	if o.Check() != nil || o.off() {
		return o
	}
	specs := o.Specs()
	if slices.Equal(specs, Options{}.Specs()) {
		return Options{}
	}
	return Options{Detectors: specs}
}

// spec leaves a default parameter out.
func (k kind) spec() Spec {
	for _, d := range kinds() {
		if d.name == k.name && d.usual == k.usual {
			return Spec(k.name)
		}
	}
	return Spec(k.name + ":" + strconv.FormatFloat(k.usual, 'g', -1, 64))
}

func (o Options) off() bool { return slices.Equal(o.Detectors, []Spec{Off}) }

// Check tells what cannot be.
func (o Options) Check() error {
	if o.off() {
		return nil
	}
	seen := map[string]bool{}
	for _, s := range o.Detectors {
		k, err := s.kind()
		if err != nil {
			return err
		}
		if seen[k.name] {
			return fmt.Errorf("drift detector %s is named twice; once is enough", k.name)
		}
		seen[k.name] = true
	}
	return nil
}

// kind is the detector that the spec names, with its parameter in usual.
func (s Spec) kind() (kind, error) {
	name, number, given := strings.Cut(string(s), ":")
	if name == Off {
		return kind{}, fmt.Errorf("drift detectors: %s stands alone, for none at all", Off)
	}
	for _, k := range kinds() {
		if k.name != name {
			continue
		}
		if !given {
			return k, nil
		}
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || !(v >= k.low && v <= k.high) || k.whole && v != math.Trunc(v) {
			return k, fmt.Errorf("drift detector %.64q: its %s is a number from %g to %g, %g where none is given", s, k.what, k.low, k.high, k.usual)
		}
		k.usual = v
		return k, nil
	}
	return kind{}, fmt.Errorf("drift detector %.64q is not known; %sthere are %s, or %s for none", name, near.Question(name, Names()), strings.Join(Names(), ", "), Off)
}

// parameters are the detectors that watch, each with its parameter in usual.
func (o Options) parameters() (all []kind) {
	if o.off() {
		return nil
	}
	for _, k := range kinds() {
		found := len(o.Detectors) == 0 || k.name == Every
		for _, s := range o.Detectors {
			if given, err := s.kind(); err == nil && given.name == k.name {
				k, found = given, true
			}
		}
		if found {
			all = append(all, k)
		}
	}
	return all
}
