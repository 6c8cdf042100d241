package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"tidings/datasets"
	"tidings/eval"
	"tidings/internal/cli"
	"tidings/internal/ingest"
	"tidings/internal/jsonl"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// driftCommand is the command's flags.
type driftCommand struct {
	From           []string `name:"from" required:"" sep:"none" placeholder:"FILE" group:"Source" help:"The documents, from the oldest to the newest (JSON lines or CSV; plain, gzip, zstd), or any other source that ends. Repeatable."`
	cli.ReadFlags  `group:"Source"`
	cli.ModelFlags `group:"Model"`
	cli.DriftFlags `group:"Model"`

	FreezeAt string  `name:"freeze-at" placeholder:"TIME" group:"Model" help:"Let the model learn up to the first document of this time (2020-01-01, or RFC 3339) and then stay as it is: only so does its error show a change that a model which learns on keeps up with."`
	Shuffles *uint64 `name:"shuffles" placeholder:"N" group:"Result" help:"Count false alarms on N shuffled orders, in which nothing changes; 0 for none. Default: 1 of files, none of the sample and of standard input, which come in one order."`
	JSON     bool    `name:"json" group:"Result" help:"The result as JSON, a record an order, with every alarm."`
}

// Help is what the command's own page says.
func (*driftCommand) Help() string {
	return `Offline, in one pass over a file: each document is shown to the detectors of change, predicted, and learnt. Then the same in shuffled orders, where every alarm is false. The table has the baseline "every" beside the detectors: what alarms no better than by number has found nothing.`
}

// Idle are the flags that mean nothing for this source.
func (c *driftCommand) Idle() []cli.Idle { return c.IdleWith(c.From, nil) }

// Check tells which values of the flags cannot be.
func (c *driftCommand) Check() error {
	_, _, err := c.plan()
	return err
}

// plan reads what is to be learnt, watched, and frozen when.
func (c *driftCommand) plan() (plan pipeline.Plan, freeze time.Time, err error) {
	plan, err = c.ModelFlags.Plan()
	if err != nil {
		return plan, freeze, err
	}
	if plan.Drift, err = c.Options(); err != nil {
		return plan, freeze, &cli.UsageError{Err: err}
	}
	if c.FreezeAt != "" {
		if freeze, err = jsonl.ParseTime([]byte(c.FreezeAt)); err != nil {
			return plan, freeze, &cli.UsageError{Err: fmt.Errorf("--freeze-at %q is no time; write 2020-01-01 or 2020-01-01T12:00:00Z", c.FreezeAt)}
		}
	}
	if len(plan.Drift.Specs()) == 0 {
		err = &cli.UsageError{Err: errors.New("--drift off leaves nothing to look at")}
	}
	return plan, freeze, err
}

// watched is what one order gave.
type watched struct {
	Shuffle   *uint64               `json:"shuffle,omitempty"`
	Documents uint64                `json:"documents"`
	Labelled  uint64                `json:"labelled"`
	Refused   uint64                `json:"refused"`
	Learnt    uint64                `json:"learnt"` // documents before the model was frozen
	Accuracy  float64               `json:"accuracy"`
	Drift     []pipeline.AlarmCount `json:"drift"`
	Months    []month               `json:"months,omitempty"` // in the order of the stream alone
	Alarms    []pipeline.AlarmLine  `json:"alarms,omitempty"`

	months map[string]*month
}

// month is what came in a month of event time.
type month struct {
	Month     string         `json:"month"` // "2020-03", "" for documents without a time
	Documents uint64         `json:"documents"`
	Labelled  uint64         `json:"labelled"`
	Wrong     uint64         `json:"wrong"`
	Alarms    map[string]int `json:"alarms,omitempty"` // by detector
}

// Run watches the file in its order, then shuffled.
func (c *driftCommand) Run(ctx context.Context, s cli.Streams) error {
	plan, freeze, err := c.plan()
	if err != nil {
		return err
	}
	shuffles := c.shuffles()
	progress := terminal.NewProgress(s.Err, c.JSON, time.Now, terminal.Detect(s.Err, os.Getenv))
	defer progress.Finish()
	first, err := c.watch(ctx, s, plan, progress, c.Shuffle, until(freeze))
	if err != nil {
		return err
	}
	if first.Documents == 0 && first.Refused > 0 {
		return &ingest.RefusedError{Rows: first.Refused}
	}
	all := []watched{first}
	for seed := uint64(1); seed <= shuffles; seed++ {
		o, err := c.watch(ctx, s, plan, progress, &seed, func(_ *pipeline.Entry, n uint64) bool { return n > first.Learnt })
		if err != nil {
			return err
		}
		o.Months, o.Alarms = nil, nil
		all = append(all, o)
	}
	progress.Finish()
	if c.JSON {
		e := json.NewEncoder(s.Out)
		for _, o := range all {
			err = errors.Join(err, e.Encode(o))
		}
		return err
	}
	return terminal.RenderTables(s.Out, tables(plan, freeze, all), terminal.Detect(s.Out, os.Getenv))
}

// shuffles is how many shuffled orders are looked at: by default none of what has
// one order only.
func (c *driftCommand) shuffles() uint64 {
	switch {
	case c.Shuffles != nil:
		return *c.Shuffles
	case slices.ContainsFunc(c.From, func(spec string) bool { return spec == cli.Stdin || cli.IsSample(spec) }):
		return 0
	}
	return 1
}

// until says whether the model is to stay as it is when a document comes, the
// n-th.
func until(freeze time.Time) func(e *pipeline.Entry, n uint64) bool {
	return func(e *pipeline.Entry, _ uint64) bool {
		at := e.Prediction().Time
		return !freeze.IsZero() && !at.IsZero() && !at.Before(freeze)
	}
}

// watch gives the file in one order to the oracle and collects the alarms.
func (c *driftCommand) watch(ctx context.Context, s cli.Streams, plan pipeline.Plan, progress *terminal.Progress, order *uint64, freeze func(*pipeline.Entry, uint64) bool) (o watched, err error) {
	oracle, err := eval.NewOracle(plan)
	if err != nil {
		return o, err
	}
	o = watched{Shuffle: order, months: map[string]*month{}}
	frozen := false
	oracle.Each = func(e *pipeline.Entry, _ []uint32) {
		if o.Documents++; !frozen && freeze(e, o.Documents) {
			frozen = true
			oracle.Freeze()
		}
		if !frozen {
			o.Learnt++
		}
		o.month(e).document(e)
	}
	oracle.Message = func(u *pipeline.Unit) {
		for _, a := range u.AllAlarms() {
			o.Alarms = append(o.Alarms, pipeline.NewAlarmLine(a))
			o.months[monthOf(a.Time)].alarm(a)
		}
	}
	read := c.ReadFlags
	read.Shuffle = order
	log := newStudent(oracle, plan, ingest.Delay{})
	stage := "in order"
	if order != nil {
		stage = "shuffled " + strconv.FormatUint(*order, 10)
	}
	began := time.Now()
	o.Refused, err = each(ctx, read, c.From, s, ingest.NewDoor(ingest.Options{}).Refusal, func(row datasets.Row) error {
		if log.rows%1000 == 0 {
			progress.Show(terminal.Status{
				Stage: stage, Documents: log.rows, Rate: float64(log.rows) / max(time.Since(began).Seconds(), 1e-3),
				Accuracy: oracle.Tally.Recent.Accuracy(), Labelled: oracle.Tally.Labelled,
			})
		}
		return log.row(row)
	})
	t := oracle.Tally
	o.Refused += t.DeadLetters
	o.Labelled, o.Accuracy, o.Drift = t.Labelled, t.Confusion.Accuracy(), t.Alarms.Counts(plan.Drift)
	for _, name := range slices.Sorted(maps.Keys(o.months)) {
		o.Months = append(o.Months, *o.months[name])
	}
	return o, err
}

func monthOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01")
}

func (o *watched) month(e *pipeline.Entry) *month {
	name := monthOf(e.Prediction().Time)
	if o.months[name] == nil {
		o.months[name] = &month{Month: name}
	}
	return o.months[name]
}

func (m *month) document(e *pipeline.Entry) {
	m.Documents++
	if e.Truth != "" {
		m.Labelled++
		if e.Truth != e.Label {
			m.Wrong++
		}
	}
}

func (m *month) alarm(a pipeline.Alarm) {
	if m.Alarms == nil {
		m.Alarms = map[string]int{}
	}
	m.Alarms[a.Detector]++
}

// tables show the detectors, then the months in which one of them alarmed.
func tables(plan pipeline.Plan, freeze time.Time, all []watched) []terminal.Table {
	o, shuffled := all[0], all[1:]
	var chance uint64
	for _, s := range shuffled {
		chance += s.Documents
	}
	detectors := terminal.Table{
		Title: "Detectors of change", Remark: fmt.Sprintf("%d documents, accuracy %.4f", o.Documents, o.Accuracy),
		Heads: []string{"detector", "alarms", "documents between", "false, shuffled", "false in 20,000"},
	}
	months := terminal.Table{Title: "Months with alarms", Heads: []string{"month", "documents", "error"}}
	for i, c := range o.Drift {
		row := []string{c.Detector, strconv.FormatUint(c.Alarms, 10), "-", "-", "-"}
		if c.Alarms > 0 {
			row[2] = strconv.FormatUint(o.Documents/c.Alarms, 10)
		}
		var alarms uint64
		for _, s := range shuffled {
			alarms += s.Drift[i].Alarms
		}
		if chance > 0 {
			row[3], row[4] = fmt.Sprintf("%d in %d", alarms, chance), fmt.Sprintf("%.2f", float64(alarms)*20_000/float64(chance))
		}
		detectors.Rows = append(detectors.Rows, row)
		months.Heads = append(months.Heads, c.Detector)
	}
	if !freeze.IsZero() {
		detectors.Notes = append(detectors.Notes, fmt.Sprintf("The model learnt the %d documents before %s and stayed as it was then; shuffled, it learnt as many.", o.Learnt, freeze.Format(time.DateOnly)))
	}
	for _, m := range o.Months {
		if len(m.Alarms) > 0 {
			months.Rows = append(months.Rows, m.row(plan))
		}
	}
	if len(months.Rows) == 0 {
		return []terminal.Table{detectors}
	}
	return []terminal.Table{detectors, months}
}

func (m *month) row(plan pipeline.Plan) []string {
	name, wrong := m.Month, "-"
	if name == "" {
		name = "no time"
	}
	if m.Labelled > 0 {
		wrong = fmt.Sprintf("%.1f %%", 100*float64(m.Wrong)/float64(m.Labelled))
	}
	row := []string{name, strconv.FormatUint(m.Documents, 10), wrong}
	for _, s := range plan.Drift.Specs() {
		n := ""
		if m.Alarms[s.Name()] > 0 {
			n = strconv.Itoa(m.Alarms[s.Name()])
		}
		row = append(row, n)
	}
	return row
}
