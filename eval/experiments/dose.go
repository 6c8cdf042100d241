package experiments

import (
	"context"
	"fmt"

	"tidings/eval/report"
	"tidings/eval/statistics"
)

// DoseDocumentsMin is how many documents the dose experiment needs.
const DoseDocumentsMin = 2_000

// rates are the doses of the setting's model, ratesOfOthers those of the others.
func rates() []float64         { return []float64{.001, .005, .01, .02, .05, .10, .20} }
func ratesOfOthers() []float64 { return []float64{.01, .05} }

// cell is one dose: the same damage under as many seeds as there are.
type cell struct {
	model   string
	kind    Kind
	pattern Pattern
	rate    float64
	effects []Effect // by seed
}

// of is one measure of a cell's effects.
func (c *cell) of(measure func(Effect) float64) []float64 {
	all := make([]float64, len(c.effects))
	for i, e := range c.effects {
		all[i] = measure(e)
	}
	return all
}

func accuracyOf(e Effect) float64 { return e.Accuracy }
func naiveOf(e Effect) float64    { return e.Naive }

// Dose measures accuracy and all else against how much is lost or repeated,
// spread evenly, in one burst, or of one topic alone. Damage is done to the order
// in which the loop meets documents: real crashes of equal counts do the same, as a
// test shows, and would take hours.
func Dose(ctx context.Context, c *Corpus, s Setting) (report.Experiment, error) {
	s = s.withDefaults()
	if err := c.Check(DoseDocumentsMin); err != nil {
		return report.Experiment{}, err
	}
	d := &dose{corpus: c, setting: s, truths: map[string]*Record{}}
	for _, name := range append([]string{s.Model}, s.Others...) {
		of := rates()
		if name != s.Model {
			of = ratesOfOthers()
		}
		for _, kind := range []Kind{Loss, Repetition} {
			for _, pattern := range []Pattern{Even, Burst, Class} {
				for _, rate := range of {
					d.cells = append(d.cells, &cell{model: name, kind: kind, pattern: pattern, rate: rate, effects: make([]Effect, s.Seeds)})
				}
			}
		}
	}
	if err := d.run(ctx); err != nil {
		return report.Experiment{}, err
	}
	return d.report(), nil
}

// dose is one call of Dose.
type dose struct {
	corpus  *Corpus
	setting Setting
	cells   []*cell
	truths  map[string]*Record // by model: the run without damage
}

func (d *dose) run(ctx context.Context) error {
	undamaged := d.corpus.Schedule(Damage{})
	for _, name := range append([]string{d.setting.Model}, d.setting.Others...) {
		truth, err := Run(ctx, d.corpus, name, d.setting.Options, undamaged)
		if err != nil {
			return err
		}
		d.truths[name] = truth
	}
	seeds := d.setting.Seeds
	return d.setting.each(ctx, len(d.cells)*seeds, func(ctx context.Context, i int) error {
		x, seed := d.cells[i/seeds], i%seeds
		damage := Damage{x.kind, x.pattern, x.rate, d.setting.Seed + uint64(seed)}
		order := d.corpus.Schedule(damage)
		r, err := Run(ctx, d.corpus, x.model, d.setting.Options, order)
		if err != nil {
			return err
		}
		x.effects[seed] = r.Compare(d.truths[x.model])
		return x.effects[seed].hits(damage)
	})
}

// tested is what the tests say of a cell.
type tested struct {
	*cell
	accuracy    statistics.Estimate
	naive       statistics.Estimate
	differs     float64 // adjusted p that accuracy changes at all
	naiveMoves  float64 // adjusted p that the accuracy of all predictions changes
	equivalence statistics.Equivalence
	within      float64 // adjusted p of the equivalence
}

// test makes the tests that were to be made: of each cell whether accuracy
// changes, whether it does by less than the margin, and whether that of all
// predictions does. Each is adjusted for the number of cells.
func (d *dose) test() []tested {
	all := make([]tested, len(d.cells))
	var differs, moves, within []float64
	for i, x := range d.cells {
		accuracy, naive := x.of(accuracyOf), x.of(naiveOf)
		t := tested{cell: x, accuracy: statistics.Mean(accuracy, d.setting.resampling()), naive: statistics.Mean(naive, d.setting.resampling())}
		t.equivalence = statistics.Equivalent(accuracy, d.setting.Margin)
		all[i] = t
		differs = append(differs, statistics.SignFlip(accuracy, d.setting.resampling()))
		moves = append(moves, statistics.SignFlip(naive, d.setting.resampling()))
		within = append(within, t.equivalence.P)
	}
	differs, moves, within = statistics.Holm(differs), statistics.Holm(moves), statistics.Holm(within)
	for i := range all {
		all[i].differs, all[i].naiveMoves, all[i].within = differs[i], moves[i], within[i]
	}
	return all
}

func (d *dose) report() report.Experiment {
	all := d.test()
	truth := d.truths[d.setting.Model]
	e := report.Experiment{
		Name:     "dose",
		Title:    "How much loss or repetition does it take?",
		Question: "How do accuracy, labels, document frequencies and shares of topics change with the share of documents that a failure loses or repeats?",
	}
	e.Claims = append(e.Claims, report.Claim{Holds: report.Observed,
		Text: fmt.Sprintf("Without damage %s is right for %.2f %% of %d documents.", d.setting.Model, truth.Accuracy(), d.corpus.Documents())})
	for _, of := range curves(all) {
		e.Claims = append(e.Claims, d.claims(of)...)
	}
	e.Figures = d.figures(all)
	e.Tables = []report.Table{d.short(all), d.table(all)}
	e.Notes = []string{
		fmt.Sprintf("Changes are against the run without damage, in points of a hundred, on the documents that both met; means of %d seeds with their bootstrap intervals (bias-corrected and accelerated, 95 %%). One document in %d is never learnt.", d.setting.Seeds, heldOut),
		"Where a topic has fewer documents than a dose asks for, all of them are hit and no others. Accuracy is compared on what both runs met, so where most of a difficult topic is lost it rises: shares of topics tell.",
		"Damage is done to the order in which a plain loop meets the documents. With one partition a real crash that repeats the same documents gives the same labels.",
		"Accuracy, all said and shares are points of a hundred: accuracy is that of first predictions, all said counts repeated ones too. Labels, df and flips are shares of the labels, of the counts and of the windows that differ.",
		fmt.Sprintf("Shares of topics are those of windows of %d documents of the source, counted over all predictions that came, as whoever reads them would; a topic is popular above %.0f %%.", windowDocuments, 100*popularShare),
	}
	return e
}
