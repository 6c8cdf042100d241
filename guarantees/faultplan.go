package guarantees

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings/internal/near"
)

// Limits of a fault plan.
const (
	FaultsMax         = 1000      // faults in one plan
	ReorderMax        = 1024      // records among which one is held back
	FaultTimeMax      = time.Hour // of a pause or a delay
	SlowDiskMax       = time.Second
	reorderShare      = 0.1 // of the records, unless the plan says otherwise
	faultPlanBytesMax = 1 << 20
)

// shape is what a kind of fault is written with.
type shape struct {
	kind   FaultKind
	at     bool          // "@5000", and a point in brackets
	share  bool          // "1%"
	window bool          // "16", and perhaps "5%"
	lasts  time.Duration // "for 10s" behind @, or "50ms": so long at most
	form   string        // an example for errors
}

var shapes = []shape{
	{kind: Kill, at: true, form: "kill:classify/1@5000"},
	{kind: Pause, at: true, lasts: FaultTimeMax, form: "pause:df/0@8000 for 10s"},
	{kind: DropAck, share: true, form: "drop-ack:1%"},
	{kind: PublishFails, share: true, form: "publish-fail:0.5%"},
	{kind: Duplicate, share: true, form: "duplicate:1%"},
	{kind: Reorder, window: true, form: "reorder:16"},
	{kind: Delay, lasts: FaultTimeMax, form: "delay:50ms"},
	{kind: BrokerRestart, at: true, form: "broker-restart@20000"},
	{kind: SlowDisk, lasts: SlowDiskMax, form: "slow-disk:20ms"},
	{kind: Disconnect, at: true, form: "disconnect:classify@3000"},
}

func shapeOf(kind FaultKind) (shape, bool) {
	i := slices.IndexFunc(shapes, func(s shape) bool { return s.kind == kind })
	if i < 0 {
		return shape{}, false
	}
	return shapes[i], true
}

// FaultKinds lists the names of the faults.
func FaultKinds() (names []string) {
	for _, s := range shapes {
		names = append(names, string(s.kind))
	}
	return names
}

// ParseFaults reads a fault plan: faults with commas or ends of lines between
// them, # before a comment.
//
//	kill:classify/1@5000          a worker drops all that it has in memory
//	kill[begun]:df@300            at a step of its way; each partition of df, once
//	pause:df/0@8000 for 10s       it stands still
//	drop-ack:1%                   a record is stored and reported as failed
//	publish-fail:classify 0.5%    a record is not stored, and reported as failed
//	duplicate:1%                  a record is delivered twice
//	reorder:16                    a tenth of the records come up to 15 records late
//	reorder:df 16 5%              five in a hundred, where df reads
//	delay:50ms                    what is delivered comes later
//	slow-disk:20ms                storing takes longer
//	broker-restart@20000          the broker is stopped and started again
//	disconnect:classify@3000      the connection is cut
//
// Everywhere a stage, with or without a partition, may say where. @ counts the
// documents that have passed the worker.
//
// stages has the number of each stage's partitions, 0 for one that has no
// worker of its own. All problems are told at once.
func ParseFaults(text string, stages map[string]int) ([]Fault, error) {
	return parseFaults("--faults", false, text, stages)
}

// ParseFaultFile is ParseFaults for what stands in a file, whose name and line
// begin each problem.
func ParseFaultFile(name, text string, stages map[string]int) ([]Fault, error) {
	return parseFaults(name, true, text, stages)
}

func parseFaults(name string, lines bool, text string, stages map[string]int) (plan []Fault, err error) {
	if len(text) > faultPlanBytesMax {
		return nil, fmt.Errorf("%s: a fault plan has %d bytes at most", name, faultPlanBytesMax)
	}
	var errs []error
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line, _, _ = strings.Cut(line, "#")
		for part := range strings.SplitSeq(line, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			f, err := parseFault(part, stages)
			switch {
			case err != nil && lines:
				errs = append(errs, fmt.Errorf("%s:%d: %w", name, number, err))
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			default:
				plan = append(plan, f)
			}
			if len(errs)+len(plan) > FaultsMax {
				return nil, errors.Join(append(errs, fmt.Errorf("%s: a fault plan has %d faults at most", name, FaultsMax))...)
			}
		}
	}
	if len(errs)+len(plan) == 0 {
		errs = append(errs, fmt.Errorf("%s: there is no fault in the plan; write for instance %s, or leave it out", name, shapes[0].form))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return plan, nil
}

// parseFault reads "kind[point]:place@count for time" or "kind:place value...".
func parseFault(text string, stages map[string]int) (f Fault, err error) {
	end := strings.IndexAny(text, "[:@ \t")
	if end < 0 {
		end = len(text)
	}
	f.Kind, f.Partition = FaultKind(text[:end]), -1
	s, ok := shapeOf(f.Kind)
	if !ok {
		return f, fmt.Errorf("no fault is called %q; %sthere are %s", text[:end], near.Question(text[:end], FaultKinds()), strings.Join(FaultKinds(), ", "))
	}
	rest := text[end:]
	if strings.HasPrefix(rest, "[") {
		if rest, err = f.parsePoint(s, rest[1:]); err != nil {
			return f, fmt.Errorf("%q: %w", text, err)
		}
	}
	if s.at {
		err = f.parseMoment(s, rest, stages)
	} else {
		err = f.parseValues(s, rest, stages)
	}
	if err != nil {
		return f, fmt.Errorf("%q: %w", text, err)
	}
	return f, nil
}

// parsePoint reads "begun]..." and returns what follows.
func (f *Fault) parsePoint(s shape, text string) (rest string, err error) {
	name, rest, found := strings.Cut(text, "]")
	if !found {
		return "", errors.New("the bracket is not closed: write " + string(f.Kind) + "[stored]")
	}
	if !s.at {
		return "", fmt.Errorf("%s has no moment, so no point in brackets; write %s", f.Kind, s.form)
	}
	var names []string
	for _, p := range Points() {
		names = append(names, string(p))
	}
	if !slices.Contains(names, name) {
		return "", fmt.Errorf("no point is called %q; %sthere are %s", name, near.Question(name, names), strings.Join(names, ", "))
	}
	f.Point = Point(name)
	return rest, nil
}

// parseMoment reads ":place@count for time".
func (f *Fault) parseMoment(s shape, text string, stages map[string]int) error {
	text, lasts, timed := strings.Cut(text, " for ")
	place, count, found := strings.Cut(text, "@")
	if !found {
		return fmt.Errorf("it does not say when: write the number of documents behind an @, as in %s", s.form)
	}
	var errs []error
	if place = strings.TrimSpace(place); place != "" {
		if !strings.HasPrefix(place, ":") {
			return fmt.Errorf("write %s", s.form)
		}
		errs = append(errs, f.parsePlace(strings.TrimSpace(place[1:]), stages))
	}
	var err error
	if f.At, err = strconv.ParseUint(strings.TrimSpace(count), 10, 64); err != nil {
		errs = append(errs, fmt.Errorf("%q is no number of documents; write %s", strings.TrimSpace(count), s.form))
	}
	switch {
	case s.lasts > 0 && !timed:
		errs = append(errs, fmt.Errorf("it does not say for how long; write %s", s.form))
	case s.lasts > 0:
		errs = append(errs, f.parseTime(s, lasts))
	case timed:
		errs = append(errs, fmt.Errorf("%s does not last; write %s", f.Kind, s.form))
	}
	return errors.Join(errs...)
}

// parseValues reads ":value", or ":place value", or either with a second value.
func (f *Fault) parseValues(s shape, text string, stages map[string]int) error {
	rest, found := strings.CutPrefix(strings.TrimSpace(text), ":")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return fmt.Errorf("write %s", s.form)
	}
	var errs []error
	if first := fields[0][0]; (first < '0' || first > '9') && first != '.' && first != '-' && first != '+' {
		errs = append(errs, f.parsePlace(fields[0], stages))
		fields = fields[1:]
	}
	switch {
	case len(fields) == 0:
		errs = append(errs, fmt.Errorf("a value is missing; write %s", s.form))
	case s.share:
		errs = append(errs, f.parseShare(s, fields[0]))
	case s.window:
		errs = append(errs, f.parseWindow(s, fields[0]))
		if len(fields) > 1 {
			errs = append(errs, f.parseShare(s, fields[1]))
			fields = fields[1:]
		}
	default:
		errs = append(errs, f.parseTime(s, fields[0]))
	}
	if len(fields) > 1 {
		errs = append(errs, fmt.Errorf("%q is too much; write %s", strings.Join(fields[1:], " "), s.form))
	}
	return errors.Join(errs...)
}

// parsePlace reads "classify" or "classify/1".
func (f *Fault) parsePlace(text string, stages map[string]int) error {
	stage, number, one := strings.Cut(text, "/")
	names := slices.Sorted(maps.Keys(stages))
	of, known := stages[stage]
	if !known {
		return fmt.Errorf("no stage is called %q; %sthe stages are %s", stage, near.Question(stage, names), strings.Join(names, ", "))
	}
	if of == 0 {
		alone := slices.DeleteFunc(names, func(name string) bool { return stages[name] == 0 })
		return fmt.Errorf("%s has no worker of its own: with one partition of each stage all of them are one worker, called %s; name that, or create the pipeline with more --partitions", stage, strings.Join(alone, ", "))
	}
	f.Stage = stage
	if !one {
		return nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= of || number != strconv.Itoa(n) {
		return fmt.Errorf("%s has no partition %q; it has 0 to %d", stage, number, of-1)
	}
	f.Partition = n
	return nil
}

// parseShare reads "1%". The digits are read with the point moved, so that what
// is written is read as the same number again.
func (f *Fault) parseShare(s shape, text string) error {
	digits, found := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(digits+"e-2", 64)
	if !found || err != nil || strings.ContainsAny(digits, "eExXpP_nN+-") || math.IsNaN(share) || share <= 0 || share > 1 {
		return fmt.Errorf("%q is no share above 0%% and up to 100%%; write %s", text, s.form)
	}
	f.Share = share
	return nil
}

func (f *Fault) parseWindow(s shape, text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 || n > ReorderMax {
		return fmt.Errorf("%q is no number of records from 2 to %d; write %s", text, ReorderMax, s.form)
	}
	f.Window = n
	return nil
}

func (f *Fault) parseTime(s shape, text string) error {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d <= 0 || d > s.lasts {
		return fmt.Errorf("%q is no time above 0 and up to %s, with a unit such as ms, s or m; write %s", strings.TrimSpace(text), s.lasts, s.form)
	}
	f.For = d
	return nil
}

// String is the form that ParseFaults reads.
func (f Fault) String() string {
	s, _ := shapeOf(f.Kind)
	text := string(f.Kind)
	if f.Point != "" {
		text += "[" + string(f.Point) + "]"
	}
	place := f.Stage
	if f.Stage != "" && f.Partition >= 0 {
		place += "/" + strconv.Itoa(f.Partition)
	}
	if s.at {
		if place != "" {
			text += ":" + place
		}
		text += "@" + strconv.FormatUint(f.At, 10)
		if s.lasts > 0 {
			text += " for " + f.For.String()
		}
		return text
	}
	values := []string{}
	if place != "" {
		values = append(values, place)
	}
	switch {
	case s.share:
		values = append(values, percent(f.Share))
	case s.window:
		values = append(values, strconv.Itoa(f.Window))
		if f.Share > 0 {
			values = append(values, percent(f.Share))
		}
	default:
		values = append(values, f.For.String())
	}
	return text + ":" + strings.Join(values, " ")
}

// FormatFaults writes a plan in the form that ParseFaults reads.
func FormatFaults(plan []Fault) string {
	parts := make([]string, 0, len(plan))
	for _, f := range plan {
		parts = append(parts, f.String())
	}
	return strings.Join(parts, ", ")
}

// percent writes a share with the point moved by two digits, not multiplied.
func percent(share float64) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(share, 'f', -1, 64), ".")
	part += strings.Repeat("0", max(0, 2-len(part)))
	whole = cmp.Or(strings.TrimLeft(whole+part[:2], "0"), "0")
	if part = part[2:]; part != "" {
		whole += "." + part
	}
	return whole + "%"
}
