package eval_test

import (
	"fmt"
	"testing"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/eval/check"
	"tidings/eval/evaltest"
	"tidings/eval/ledger"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// trained is a version of another model that has learnt some documents.
func trained(tb testing.TB, name string, o features.Options, documents [][]byte) *pipeline.ModelVersion {
	tb.Helper()
	p := pipeline.Plan{Pipeline: "elsewhere", Model: name, Features: o}.WithDefaults()
	oracle, err := eval.NewOracle(p)
	if err != nil {
		tb.Fatal(err)
	}
	for i, d := range documents {
		r := broker.Record{Subject: p.Pipeline.LogSubject(pipeline.ArticleRecord, "test"), Sequence: uint64(i + 1), Data: d}
		if err := oracle.Add(r); err != nil {
			tb.Fatal(err)
		}
	}
	return oracle.Version()
}

// promote stores a version and puts a promotion of it into the log.
func promote(tb testing.TB, b *broker.Broker, p pipeline.Plan, v *pipeline.ModelVersion) tidings.Position {
	tb.Helper()
	s := pipeline.NewPromotions(b, p)
	info, err := s.Save(tb.Context(), v)
	if err != nil {
		tb.Fatal(err)
	}
	at, err := s.Promote(tb.Context(), info.Number)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// Properties, under each promise, alone and with partitions, of a log in the
// middle of which versions of another model take over, in a pipeline that makes
// snapshots and whose workers are killed around it:
//   - under exactly-once everything is the oracle's, to the bit: predictions,
//     df, model, and the ledger, whose chain goes on from the version's;
//   - each other promise keeps its account.
func TestPromotionIsTheOraclesUnderEveryPromise(t *testing.T) {
	documents := evaltest.Documents(2400)
	for _, n := range []int{1, 2, 4} {
		for _, recovery := range guarantees.Recoveries("") {
			if n == 4 && recovery != guarantees.Commit {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", recovery, n), func(t *testing.T) {
				t.Parallel()
				b := evaltest.Broker(t)
				p := evaltest.Plan(t, "versions", n, recovery)
				if err := pipeline.Create(t.Context(), b, p); err != nil {
					t.Fatal(err)
				}
				evaltest.Fill(t, b, p.Pipeline, documents[:1100], 4)
				promote(t, b, p, trained(t, "ftrl", p.Features, documents[300:900]))
				evaltest.Fill(t, b, p.Pipeline, documents[1100:2000], 4)
				promote(t, b, p, trained(t, model.Default, p.Features, documents[500:700]))
				evaltest.Fill(t, b, p.Pipeline, documents[2000:], 4)
				tally := evaltest.Run(t, b, p,
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 1050, Point: guarantees.Stepped},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 1300, Point: guarantees.Stored},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.DFStage, Partition: 0, At: 1200, Point: guarantees.Stepped},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 2300, Point: guarantees.Stepped},
				)
				report := evaltest.CheckFinished(t, b, p)
				for _, f := range report.Findings {
					if f.Broken && (f.Kind != check.WindowLost || p.Guarantee == guarantees.ExactlyOnce) { // windows count what comes twice
						t.Errorf("%v", &f)
					}
				}
				run, err := ledger.NewRun(t.Context(), b, p)
				if err != nil {
					t.Fatal(err)
				}
				for replica := range run.Replicas() {
					d, err := ledger.Diff(t.Context(), run, replica, ledger.Oracle{Run: run}, 0, 3)
					if err != nil || run.Proofs[replica].Broken > 0 {
						t.Fatalf("%v, %+v", err, run.Proofs[replica])
					}
					if p.Guarantee == guarantees.ExactlyOnce && !d.Equal() {
						t.Errorf("replica %d: %+v", replica, d)
					}
				}
				if p.Guarantee != guarantees.ExactlyOnce {
					return
				}
				if len(report.Findings) > 0 {
					t.Error(report.Findings)
				}
				truth, err := eval.NewTruth(t.Context(), b, p)
				if err != nil {
					t.Fatal(err)
				}
				got, want := tally.Summary(p), truth.Tally.Summary(p)
				if tally.Promotions != 2 || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest || got.PredictionsDigest != want.PredictionsDigest ||
					tally.Chain != truth.Tally.Chain || got.Updates != want.Updates || got.Accuracy != want.Accuracy {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
			})
		}
	}
}

// said is what was predicted of a document.
type said struct {
	label       string
	probability float64
	version     uint64
}

func predictions(into map[string]said) func(u *pipeline.Unit) {
	return func(u *pipeline.Unit) {
		for i := range u.Entries {
			if e := &u.Entries[i]; e.Kind == pipeline.DocumentEntry {
				into[e.ID] = said{e.Label, e.Probability, e.Version}
			}
		}
	}
}

// Properties, at 1, 2 and 4 partitions, of a run with a promotion beside one
// without: up to the promotion every prediction is the same, to the bit; behind
// it every one is what a pipeline says that began with the version at that
// place.
func TestPromotionChangesPredictionsFromItsPlaceOn(t *testing.T) {
	documents := evaltest.Documents(1200)
	const middle = 700
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			v := trained(t, "ftrl", features.Options{}, documents[:400])
			with, without, begun := map[string]said{}, map[string]said{}, map[string]said{}

			p := evaltest.Plan(t, "with", n, "")
			if err := pipeline.Create(t.Context(), b, p); err != nil {
				t.Fatal(err)
			}
			fill(t, b, p.Pipeline, documents[:middle], 7)
			promote(t, b, p, v)
			fill(t, b, p.Pipeline, documents[middle:], 7)
			run(t, b, p, predictions(with))

			p = evaltest.Plan(t, "without", n, "")
			fill(t, b, p.Pipeline, documents[:middle], 7)
			fill(t, b, p.Pipeline, documents[middle:], 7)
			run(t, b, p, predictions(without))

			p = evaltest.Plan(t, "begun", n, "")
			info, err := (pipeline.Versions{Broker: b, Pipeline: p.Pipeline}).Save(t.Context(), v)
			if err != nil {
				t.Fatal(err)
			}
			p.Start = info.Promotion()
			fill(t, b, p.Pipeline, documents[middle:], 5)
			run(t, b, p, predictions(begun))

			changed := 0
			for i := range documents {
				id := fmt.Sprintf("d%d", i+1)
				switch {
				case i < middle && with[id] != without[id]:
					t.Fatalf("%s is before the promotion: %v, without it %v", id, with[id], without[id])
				case i >= middle && with[id] != begun[id]:
					t.Fatalf("%s is behind the promotion: %v, a pipeline that begins there says %v", id, with[id], begun[id])
				case i >= middle && with[id] != without[id]:
					changed++
				}
			}
			if first := fmt.Sprintf("d%d", middle+1); with[first].version != v.Updates || changed < 400 {
				t.Errorf("the first behind it is %v, %d changed in all", with[first], changed)
			}
		})
	}
}

// Properties, at 1 and 3 partitions: with a fixed model nothing is learnt, a
// text is predicted the same whenever it comes and as the version alone predicts
// it, labels are scored, and the oracle agrees.
func TestFixedModelStaysAsItIs(t *testing.T) {
	documents := evaltest.Documents(600)
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b := evaltest.Broker(t)
			p := evaltest.Plan(t, "fixed", n, "")
			v := trained(t, model.Default, p.Features, documents[:400])
			v.Note = "to be served"
			info, err := (pipeline.Versions{Broker: b, Pipeline: p.Pipeline}).Save(t.Context(), v)
			if err != nil {
				t.Fatal(err)
			}
			p.Start, p.Fixed = info.Promotion(), true
			twice := append(documents[400:len(documents):len(documents)], documents[400:]...)
			fill(t, b, p.Pipeline, twice, 6)
			first, second := map[string]said{}, map[string]said{}
			tally := run(t, b, p, func(u *pipeline.Unit) {
				for i := range u.Entries {
					e := &u.Entries[i]
					if e.Kind != pipeline.DocumentEntry {
						continue
					}
					into := first
					if _, seen := first[e.ID]; seen {
						into = second
					}
					into[e.ID] = said{e.Label, e.Probability, e.Version}
				}
			})
			if len(first) != 200 || len(second) != 200 {
				t.Fatalf("%d and %d predictions", len(first), len(second))
			}
			for id, s := range first {
				if second[id] != s || s.version != v.Updates {
					t.Fatalf("%s: first %v, then %v", id, s, second[id])
				}
			}
			if tally.Labelled == 0 || tally.Confusion.Accuracy() < .5 || tally.Updates != v.Updates || tally.Chain != uint64(v.Chain) || tally.ModelDigest != v.Model.Digest() || tally.DFDigest != v.DF.Digest() {
				t.Errorf("%+v", tally.Summary(p))
			}
			if report := evaltest.CheckFinished(t, b, p); len(report.Findings) > 0 {
				t.Error(report.Findings)
			}
			frozen := v.Frozen()
			label, probability, err := frozen.Predict("", "goal match team")
			if err != nil || label == "" || probability == 0 {
				t.Errorf("%q %g, %v", label, probability, err)
			}
		})
	}
}

// Properties, at 1 and 2 partitions, with df that forgets and a log where most
// labels come later: everything behind a promotion is the oracle's, to the bit,
// labels of documents before it are learnt by the version that took over, and
// the state at the end can be computed again.
func TestPromotionKeepsWhatWaitsForLabels(t *testing.T) {
	documents := evaltest.Documents(1000)
	for name, o := range map[string]features.Options{
		"forgets":  {DFHalfLife: features.HalfLife{Documents: 200}},
		"by time":  {DFHalfLife: features.HalfLife{Time: 48 * time.Hour}},
		"bounded":  {DFTerms: features.DFTermsMin},
		"ordinary": {},
	} {
		for _, n := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				b := evaltest.Broker(t)
				p := evaltest.Plan(t, "late", n, "")
				p.Features = o
				p.LabelWait = pipeline.LabelWait{Documents: 300}
				p = p.WithDefaults()
				if err := pipeline.Create(t.Context(), b, p); err != nil {
					t.Fatal(err)
				}
				evaltest.FillLate(t, b, p.Pipeline, documents[:500], 4, 40)
				promote(t, b, p, trained(t, "ftrl", p.Features, documents[:200]))
				labels := ""
				for i := 400; i < 440; i++ {
					labels += fmt.Sprintf("{\"id\":\"d%d\",\"label\":\"late\"}\n", i)
				}
				last, err := b.LastSequence(t.Context(), p.Pipeline.LogStream().Name)
				if err == nil {
					_, err = b.Put(t.Context(), p.Pipeline.LogStream().Name, p.Pipeline.LogSubject(pipeline.LabelRecord, "test"), "", last, nil, []byte(labels))
				}
				if err != nil {
					t.Fatal(err)
				}
				evaltest.FillLate(t, b, p.Pipeline, documents[500:], 4, 40)
				tally := evaltest.Run(t, b, p,
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 520, Point: guarantees.Stepped},
					guarantees.Fault{Kind: guarantees.Kill, Stage: pipeline.ClassifyStage, Partition: 0, At: 800, Point: guarantees.Stored},
				)
				if report := evaltest.CheckFinished(t, b, p); len(report.Findings) > 0 {
					t.Error(report.Findings)
				}
				truth := oracle(t, b, p, nil)
				got, want := tally.Summary(p), truth.Tally.Summary(p)
				if tally.Promotions != 1 || got.ModelDigest != want.ModelDigest || got.DFDigest != want.DFDigest || got.PredictionsDigest != want.PredictionsDigest || *got.LateLabels != *want.LateLabels || got.LateLabels.Corrected < 40 {
					t.Errorf("\n got %+v %+v\nwant %+v %+v", got, got.LateLabels, want, want.LateLabels)
				}
				v, err := eval.Rebuild(t.Context(), b, p, tidings.Position{Sequence: truth.Tally.To, Line: ^uint32(0)}, nil)
				if err != nil || v.Model.Digest() != truth.Model().Digest() || uint64(v.Chain) != truth.Tally.Chain {
					t.Errorf("computed again it is another one: %v", err)
				}
				again, err := pipeline.DecodeVersion(encodedVersion(t, v))
				if err != nil || again.DF.Digest() != v.DF.Digest() || again.Met.N() != v.Met.N() {
					t.Errorf("saved and read: %v", err)
				}
			})
		}
	}
}
