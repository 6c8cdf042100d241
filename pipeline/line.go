package pipeline

import (
	"time"

	"tidings"
)

// PredictionLine is a prediction as outside readers see it: one JSON line.
type PredictionLine struct {
	Position    string      `json:"position"` // in the log; with the pipeline's name it identifies the document
	ID          string      `json:"id"`
	Source      string      `json:"source,omitempty"`
	Time        time.Time   `json:"time,omitzero"`
	Label       string      `json:"label"`               // "" as long as no label is known, or where it is abstained from
	Abstained   bool        `json:"abstained,omitempty"` // the probability is below what the reader asked for
	Probability float64     `json:"probability"`         // of the likeliest label
	Scores      []ScoreLine `json:"scores,omitempty"`    // the best labels, abstained or not
	Truth       string      `json:"truth,omitempty"`     // the label that the document came with
	Version     uint64      `json:"version"`             // updates that the model had applied
}

// ScoreLine is one label's share.
type ScoreLine struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// NewPredictionLine converts a prediction. One with a probability below abstain
// names no label; its scores are told as they are.
func NewPredictionLine(p tidings.Prediction, abstain float64) PredictionLine {
	l := PredictionLine{
		Position: p.Position.String(), ID: p.ID, Source: p.Source, Time: p.Time, Label: p.Label,
		Probability: p.Probability, Truth: p.Truth, Version: p.Version,
	}
	for _, s := range p.Scores {
		l.Scores = append(l.Scores, ScoreLine(s))
	}
	if p.Probability < abstain {
		l.Label, l.Abstained = "", true
	}
	return l
}

// DeadLetterLine is a refused document as outside readers see it.
type DeadLetterLine struct {
	Position string         `json:"position"`
	ID       string         `json:"id,omitempty"`
	Source   string         `json:"source,omitempty"`
	Reason   tidings.Reason `json:"reason"`
	Detail   string         `json:"detail"`
}

// PromotionLine tells that a version took over, to outside readers.
type PromotionLine struct {
	Position string `json:"position"` // documents behind it are predicted by the version
	Version  uint64 `json:"version"`  // its number
	Digest   string `json:"digest"`
	Updates  uint64 `json:"updates"` // that its model had applied
	Chain    Hex    `json:"chain"`
}

// NewPromotionLine converts a PromoteEntry.
func NewPromotionLine(e *Entry) PromotionLine {
	p := e.Promotion
	return PromotionLine{Position: e.Position.String(), Version: p.Number, Digest: p.Digest, Updates: p.Updates, Chain: p.Chain}
}

// LabelLine tells what became of a late label, to outside readers.
type LabelLine struct {
	Position string    `json:"position"` // of the label
	ID       string    `json:"id"`       // of the document
	Label    string    `json:"label"`
	Time     time.Time `json:"time,omitzero"`
	By       string    `json:"by,omitempty"`
	Source   string    `json:"source,omitempty"`
	Document string    `json:"document,omitempty"` // its position
	Fate     string    `json:"fate"`               // learnt, corrected, repeated, too_late, unknown, too_many_labels
}

// NewLabelLine converts a LabelEntry.
func NewLabelLine(e *Entry) LabelLine {
	l := LabelLine{Position: e.Position.String(), ID: e.ID, Label: e.Truth, By: e.By, Source: e.Source, Fate: e.Fate.String()}
	if e.Target != (tidings.Position{}) {
		l.Document = e.Target.String()
	}
	if e.Time != noTime {
		l.Time = time.Unix(0, e.Time).UTC()
	}
	return l
}

// NewDeadLetterLine converts an entry that was refused.
func NewDeadLetterLine(e *Entry) DeadLetterLine {
	return DeadLetterLine{Position: e.Position.String(), ID: e.ID, Source: e.Source, Reason: e.Reason, Detail: e.Detail}
}
