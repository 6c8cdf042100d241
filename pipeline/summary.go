package pipeline

import (
	"fmt"
	"slices"

	"tidings/eval/metric"
	"tidings/guarantees"
	"tidings/pipeline/topics"
)

// Summary is the account of a run, as --summary writes it.
type Summary struct {
	Pipeline    Name       `json:"pipeline"`
	Guarantee   string     `json:"guarantee"`
	Recovery    string     `json:"recovery"`
	Order       string     `json:"order"`
	Every       string     `json:"snapshot_every,omitempty"`
	Released    uint64     `json:"released_to,omitempty"` // log sequence: what comes of the log up to there is released, where outputs are held back
	Claim       string     `json:"claim"`                 // the weakest guarantee of all stages
	Partitions  Partitions `json:"partitions"`
	Model       string     `json:"model"`
	Tokenizer   string     `json:"tokenizer"`
	Text        []string   `json:"text,omitempty"`          // options of text that are not at their defaults: "ngrams 1-2"
	After       uint64     `json:"begins_behind,omitempty"` // log sequence: what was before has been deleted, and is not counted
	Documents   uint64     `json:"documents"`
	Labelled    uint64     `json:"labelled"`
	Predictions uint64     `json:"predictions"`
	Duplicates  uint64     `json:"duplicates"`
	Lost        uint64     `json:"lost"`
	DeadLetters uint64     `json:"dead_letters"`
	Rejected    uint64     `json:"rejected"`
	Accuracy    float64    `json:"accuracy"` // prequential, of first predictions
	MacroF1     float64    `json:"macro_f1"` // likewise

	// How far probabilities can be believed: the expected calibration error of
	// first predictions, over BinsDefault bins of equal width, of the probability
	// of the label they name; the bins; what thresholds leave.
	CalibrationError float64          `json:"calibration_error"`
	Calibration      []metric.Bin     `json:"calibration,omitempty"`
	Coverage         []metric.Covered `json:"coverage,omitempty"`
	Abstain          *metric.Covered  `json:"abstain,omitempty"` // what --abstain left

	Windows uint64 `json:"windows"`
	// WindowsBy is what windows are kept by, "source" or "label"; "": of all.
	// WindowCounts is what became of the documents in them, by definition.
	WindowsBy     topics.By       `json:"windows_by,omitempty"`
	WindowCounts  []topics.Counts `json:"window_counts,omitempty"`
	TermsDropped  uint64          `json:"terms_dropped"`  // occurrences beyond what df can hold, or terms that it forgot to make room
	CellsDropped  uint64          `json:"cells_dropped"`  // updates beyond what the model may hold
	LabelsDropped uint64          `json:"labels_dropped"` // documents whose label was one too many to learn
	Updates       uint64          `json:"updates"`

	Start      uint64      `json:"start_version,omitempty"` // the version that the pipeline began with
	Fixed      bool        `json:"fixed,omitempty"`         // nothing is learnt
	Promotions uint64      `json:"promotions,omitempty"`    // versions that took over
	LateLabels *LateCounts `json:"late_labels,omitempty"`   // labels that came later than their documents; nil: none did

	TestAccuracy *float64 `json:"test_accuracy,omitempty"` // model and df frozen
	TestMacroF1  *float64 `json:"test_macro_f1,omitempty"`
	TestFiles    []string `json:"test_files,omitempty"`

	TestCalibrationError *float64 `json:"test_calibration_error,omitempty"` // likewise

	FeedsFailed int `json:"feeds_failed,omitempty"` // that could not be read, each being asked once

	Faults []FaultReport `json:"faults,omitempty"` // that were planned, and where they struck

	Drift []AlarmCount `json:"drift,omitempty"` // of each detector of change, with the baseline

	PredictionsDigest string `json:"predictions_digest"`
	AlarmsDigest      string `json:"alarms_digest,omitempty"`
	DFDigest          string `json:"df_digest"`
	ModelDigest       string `json:"model_digest"`

	// What depends on the machine. Latency is of all documents committed so
	// far, by whichever process; the rest is this process's, 0 a second and a
	// document where everything had been done before.
	DocumentsPerSecond float64   `json:"documents_per_second"`
	Latency            LatencyMS `json:"latency_ms"` // from the log to the commit
	CPUPerDocument     float64   `json:"cpu_us_per_document"`
	RSSMax             int64     `json:"rss_max_bytes"`
}

// Broken says which part of its claim the run did not keep, "" when it kept all.
func (s *Summary) Broken() string {
	lost := s.Claim != guarantees.AtMostOnce && s.Lost > 0
	twice := s.Claim != guarantees.AtLeastOnce && s.Duplicates > 0
	switch {
	case lost && twice:
		return fmt.Sprintf("%s, but %d documents are lost and %d came twice", s.Claim, s.Lost, s.Duplicates)
	case lost:
		return fmt.Sprintf("%s, but %d documents are lost", s.Claim, s.Lost)
	case twice:
		return fmt.Sprintf("%s, but %d documents came twice", s.Claim, s.Duplicates)
	}
	return ""
}

// LatencyMS are quantiles in milliseconds.
type LatencyMS struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Summary is the part of the account that the committed records tell.
func (t *Tally) Summary(p Plan) Summary {
	tokenizer := p.Features.Tokenizer
	if tokenizer == "" {
		tokenizer = "unicode"
	}
	s := Summary{
		Pipeline: p.Pipeline, Guarantee: p.Guarantee, Recovery: p.Recovery, Order: p.Order, Claim: p.Claim().Guarantee,
		Partitions: p.Partitions, Model: p.Model, Tokenizer: tokenizer, Text: p.Features.Changes(),
		After: t.After, Documents: t.Documents, Labelled: t.Labelled, Predictions: t.Predictions,
		Duplicates: t.Duplicates, Lost: t.Lost, DeadLetters: t.DeadLetters, Rejected: t.Rejected,
		Accuracy: t.Confusion.Accuracy(), MacroF1: t.Confusion.MacroF1(),
		CalibrationError: t.Confidence.Calibration.Error(), Calibration: t.Confidence.Bins(),
		Coverage: t.Confidence.Coverage(), Abstain: t.Confidence.Kept(),
		TermsDropped: t.Dropped.Terms, CellsDropped: t.Dropped.Cells, LabelsDropped: t.Dropped.Labels,
		Windows: t.Windows, WindowsBy: p.Topics.By, WindowCounts: slices.Clone(t.Counts), Updates: t.Updates, Start: p.Start.Number, Fixed: p.Fixed, Promotions: t.Promotions,
		Drift: t.Alarms.Counts(p.Drift), AlarmsDigest: Digest(t.Alarms.Digest()),
		PredictionsDigest: t.PredictionsDigest(), DFDigest: Digest(t.DFDigest), ModelDigest: Digest(t.ModelDigest),
		Latency: LatencyMS{P50: t.Latency.P50(), P95: t.Latency.P95(), P99: t.Latency.P99()},
	}
	if p.Holds() {
		s.Every, s.Released = p.SnapshotEvery.String(), t.To
	}
	if late := t.Late; late.Came > 0 {
		s.LateLabels = &late
	}
	return s
}
