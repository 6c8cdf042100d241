package model

import (
	"errors"
	"fmt"
	"math"
)

// Options set up a model. They are part of a pipeline's plan. The zero value of
// each field is its default.
type Options struct {
	// CellsMax limits how many (label, feature) pairs are kept; beyond it no
	// new ones are made, the known ones go on learning, and Dropped counts. Of
	// the pairs that a document lacks, those of one feature and one block of 64
	// labels (by first appearance) are made or dropped together, by block, then
	// in the vector's order; a dropped one stands for an untouched one.
	// A pair takes 8 bytes, with its row about 12 to 20. 0 means
	// CellsMaxDefault.
	CellsMax int `json:"cells_max,omitempty"`
	// R is the regularisation of AROW: the higher, the smaller the steps.
	// 0 means RDefault.
	R float64 `json:"r,omitempty"`
	// Rate and Damping are alpha and beta of FTRL-proximal: the size of the
	// steps, and how late they begin to shrink. 0 means RateDefault and
	// DampingDefault. Rate is the size of softmax's steps too; 0 means 0.8 there.
	Rate    float64 `json:"rate,omitempty"`
	Damping float64 `json:"damping,omitempty"`
	// Aggressiveness is C of the passive-aggressive model: how far one document
	// may move a weight at most. 0 means 0.4.
	Aggressiveness float64 `json:"aggressiveness,omitempty"`
	// Smoothing is what naive Bayes adds to each count. 0 means 0.03, for its
	// complement form 0.5.
	Smoothing float64 `json:"smoothing,omitempty"`
	// L1 and L2 are the penalties of FTRL-proximal, 0 by default.
	L1 float64 `json:"l1,omitempty"`
	L2 float64 `json:"l2,omitempty"`
}

// CellsMaxDefault is 256 MiB of cells. CellsMaxLimit is what CellsMax may be at
// most.
const (
	CellsMaxDefault = 1 << 25
	CellsMaxLimit   = 1 << 30
)

// Check tells all that is wrong with the options, or nil.
func (o Options) Check() error {
	var problems []error
	if o.CellsMax < 0 || o.CellsMax > CellsMaxLimit {
		problems = append(problems, fmt.Errorf("cells_max %d is out of range; choose 1 to %d, or 0 for %d", o.CellsMax, CellsMaxLimit, CellsMaxDefault))
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"r", o.R}, {"rate", o.Rate}, {"damping", o.Damping}, {"aggressiveness", o.Aggressiveness}, {"smoothing", o.Smoothing}, {"l1", o.L1}, {"l2", o.L2}} {
		if !(p.value >= 0) || math.IsInf(p.value, 0) {
			problems = append(problems, fmt.Errorf("%s %g is out of range; choose a number above 0, or 0 for the default", p.name, p.value))
		}
	}
	return errors.Join(problems...)
}

func (o Options) cellsMax() int {
	if o.CellsMax == 0 {
		return CellsMaxDefault
	}
	return o.CellsMax
}

// either returns the value, or the default when it is 0.
func either(value, otherwise float64) float64 {
	if value == 0 {
		return otherwise
	}
	return value
}
