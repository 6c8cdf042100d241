package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"tidings/eval"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// sideLine is how good one of two was, as JSON.
type sideLine struct {
	Accuracy    float64 `json:"accuracy"`
	MacroF1     float64 `json:"macro_f1"`
	LogLoss     float64 `json:"log_loss"`
	Brier       float64 `json:"brier"`
	Calibration float64 `json:"expected_calibration_error"`
}

func newSideLine(s *eval.Side) sideLine {
	return sideLine{s.Confusion.Accuracy(), s.Confusion.MacroF1(), s.Loss.Log(), s.Loss.Brier(), s.Calibration.Error()}
}

// duelLine is a comparison as JSON.
type duelLine struct {
	Documents  uint64   `json:"documents"` // that both predicted, and whose label is known
	From       string   `json:"from,omitempty"`
	To         string   `json:"to,omitempty"`
	Champion   sideLine `json:"champion"`
	Challenger sideLine `json:"challenger"`
	McNemar    struct {
		Both       uint64  `json:"both_right"`
		Champion   uint64  `json:"champion_alone_right"`
		Challenger uint64  `json:"challenger_alone_right"`
		Neither    uint64  `json:"neither_right"`
		P          float64 `json:"p"`
		Exact      bool    `json:"exact"`
	} `json:"mcnemar"`
}

func newDuelLine(d *eval.Duel) duelLine {
	l := duelLine{Documents: d.Documents(), Champion: newSideLine(&d.Champion), Challenger: newSideLine(&d.Challenger)}
	if l.Documents > 0 {
		l.From, l.To = d.From.String(), d.To.String()
	}
	m := &l.McNemar
	m.Both, m.Champion, m.Challenger, m.Neither = d.All.Both, d.All.First, d.All.Second, d.All.Neither
	m.P, m.Exact = d.All.P(), d.All.Exact()
	return l
}

// contender is a challenger with its comparison.
type contender struct {
	name string
	duel *eval.Duel
}

// duelTables are comparisons with one champion, for people. All are over the
// same documents.
func duelTables(champion string, all []contender) []terminal.Table {
	if len(all) == 0 || all[0].duel.Documents() == 0 {
		return nil
	}
	first := all[0].duel
	t := terminal.Table{
		Title: "Champion and challenger", Remark: fmt.Sprintf("on the same %d labelled documents, %v to %v, each predicted before it was learnt", first.Documents(), first.From, first.To),
		Heads: []string{"", "accuracy", "macro-F1", "log loss", "Brier", "calibration error"},
	}
	row := func(name string, s *eval.Side) {
		l := newSideLine(s)
		cells := []string{name}
		for _, x := range []float64{l.Accuracy, l.MacroF1, l.LogLoss, l.Brier, l.Calibration} {
			cells = append(cells, fmt.Sprintf("%.4f", x))
		}
		t.Rows = append(t.Rows, cells)
	}
	who := terminal.Table{Title: "Who was right", Heads: []string{"challenger", "both", "champion alone", "challenger alone", "neither", "McNemar p"}}
	row("champion: "+champion, &first.Champion)
	for _, c := range all {
		row(c.name, &c.duel.Challenger)
		m := c.duel.All
		cells := []string{c.name}
		for _, n := range []uint64{m.Both, m.First, m.Second, m.Neither} {
			cells = append(cells, strconv.FormatUint(n, 10))
		}
		who.Rows = append(who.Rows, append(cells, shortP(m.P())))
		who.Notes = append(who.Notes, verdict(c))
	}
	return []terminal.Table{t, who}
}

// verdict says what a comparison comes to.
func verdict(c contender) string {
	m := c.duel.All
	how := "with continuity correction"
	if m.Exact() {
		how = "exact"
	}
	switch p := m.P(); {
	case p >= .05:
		return fmt.Sprintf("%s: no difference can be told from chance (p = %s, %s).", c.name, shortP(p), how)
	case m.Second > m.First:
		return fmt.Sprintf("%s is better: one as good as the champion would do so with a probability of %s (%s).", c.name, shortP(p), how)
	default:
		return fmt.Sprintf("%s is worse: one as good as the champion would do so with a probability of %s (%s).", c.name, shortP(m.P()), how)
	}
}

// shortP writes a probability.
func shortP(p float64) string {
	switch {
	case p < 1e-300:
		return "<1e-300"
	case p < 1e-4:
		return fmt.Sprintf("%.1e", p)
	}
	return strconv.FormatFloat(math.Round(p*1e4)/1e4, 'f', -1, 64)
}

// describe names a model for people.
func describe(p pipeline.Plan) string {
	name := p.Model
	for _, change := range p.Features.Changes() {
		name += ", " + change
	}
	return name
}

// tell tells how a retraining went.
func (r *retraining) tell() error {
	c := r.challenge
	var saved []uint64
	for _, info := range r.saved {
		saved = append(saved, info.Number)
	}
	took := time.Since(r.began).Seconds()
	if r.flags.JSON {
		return json.NewEncoder(r.streams.Out).Encode(map[string]any{"retraining": struct {
			Model     string     `json:"model"`
			Text      []string   `json:"text,omitempty"`
			From      string     `json:"from"` // the message of the log with which it began
			Documents uint64     `json:"documents"`
			Accuracy  float64    `json:"accuracy"` // prequential, of all of them
			MacroF1   float64    `json:"macro_f1"`
			Unpaired  uint64     `json:"not_compared"`
			PerSecond float64    `json:"documents_per_second"`
			Compared  duelLine   `json:"compared"`
			Saved     []uint64   `json:"versions,omitempty"`
			Promoted  *promotion `json:"promoted,omitempty"`
		}{
			r.plan.Model, r.plan.Features.Changes(), fmt.Sprintf("%d/0", c.From), c.Documents, c.Confusion.Accuracy(), c.Confusion.MacroF1(), c.Unpaired,
			float64(c.Documents) / took, newDuelLine(c.Duel), saved, r.promoted,
		}})
	}
	fmt.Fprintf(r.streams.Out, "%s learnt %d documents of the log, from %d/0 to %v, in %.1f s (%.0f/s)", describe(r.plan), c.Documents, c.From, c.Oracle.Position(), took, float64(c.Documents)/took)
	if c.Confusion.Documents() > 0 {
		fmt.Fprintf(r.streams.Out, "; %.2f %% of %d labelled ones were predicted right before they were learnt, macro-F1 %.4f", 100*c.Confusion.Accuracy(), c.Confusion.Documents(), c.Confusion.MacroF1())
	}
	fmt.Fprintln(r.streams.Out)
	tables := duelTables(describe(r.stored), []contender{{"challenger: " + describe(r.plan), c.Duel}})
	if len(tables) == 0 {
		fmt.Fprintln(r.streams.Out, "nothing to compare: the champion's predictions of these documents are not there, or none has a label")
	} else if c.Unpaired > 0 {
		tables[0].Notes = append(tables[0].Notes, fmt.Sprintf("%d further ones are not compared: what the champion said of them is not there.", c.Unpaired))
	}
	if err := terminal.RenderTables(r.streams.Out, tables, terminal.Detect(r.streams.Out, os.Getenv)); err != nil {
		return err
	}
	if p := r.promoted; p != nil {
		_, err := fmt.Fprintf(r.streams.Out, "version %d took over at %s, with the state that it had behind %s: %s. `train rollback` undoes it\n", p.Version, p.Position, p.Behind, p.Why)
		return err
	}
	return nil
}
