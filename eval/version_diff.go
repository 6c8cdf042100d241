package eval

import (
	"cmp"
	"context"
	"math"
	"slices"

	"tidings"
	"tidings/features"
	"tidings/model"
	"tidings/pipeline"
)

// VersionDiff says in what version B differs from version A.
type VersionDiff struct {
	Options []string `json:"options"` // "model: arow, ftrl"
	Added   []string `json:"labels_added"`
	Removed []string `json:"labels_removed"`
	DF      DFDiff   `json:"df"`
	// Weights tells of each label in both how much its weights differ, the label
	// that differs most first; empty where the features differ or are too many.
	Weights []WeightDiff `json:"weights"`
	Skipped string       `json:"weights_skipped,omitempty"` // why there are none
}

// DFDiff compares two df tables.
type DFDiff struct {
	DocumentsA uint64 `json:"documents_a"`
	DocumentsB uint64 `json:"documents_b"`
	OnlyA      int    `json:"terms_only_a"`
	OnlyB      int    `json:"terms_only_b"`
	Equal      int    `json:"terms_equal"`
	Changed    int    `json:"terms_changed"`
}

// WeightDiff compares what a label's weights are: what each feature adds to its
// score at the value 1, as a vector over all features.
type WeightDiff struct {
	Label   string  `json:"label"`
	NormA   float64 `json:"norm_a"` // Euclidean
	NormB   float64 `json:"norm_b"`
	Change  float64 `json:"norm_of_change"`
	Changed int     `json:"features_changed"`
}

// diffWork bounds the weights that DiffVersions compares.
const diffWork = 1 << 29

// DiffVersions compares two versions. Features are hashed, so terms have no
// names.
func DiffVersions(ctx context.Context, a, b *pipeline.ModelVersion) (VersionDiff, error) {
	d := VersionDiff{Options: a.Differences(&b.VersionHead), Added: []string{}, Removed: []string{}, Weights: []WeightDiff{}}
	if d.Options == nil {
		d.Options = []string{}
	}
	var both []string
	for _, label := range a.Model.Labels() {
		if slices.Contains(b.Model.Labels(), label) {
			both = append(both, label)
		} else {
			d.Removed = append(d.Removed, label)
		}
	}
	for _, label := range b.Model.Labels() {
		if !slices.Contains(a.Model.Labels(), label) {
			d.Added = append(d.Added, label)
		}
	}
	slices.Sort(d.Added)
	slices.Sort(d.Removed)
	d.DF = diffDF(a, b)
	bits := cmp.Or(a.Features.HashBits, features.HashBitsDefault)
	switch {
	case a.Fits(b.Features) != nil:
		d.Skipped = "the features are others"
	case uint64(len(both))<<bits > diffWork:
		d.Skipped = "the features are too many to compare one by one"
	default:
		for _, label := range both {
			w, err := diffWeights(ctx, a.Model, b.Model, label, 1<<bits)
			if err != nil {
				return d, err
			}
			d.Weights = append(d.Weights, w)
		}
	}
	slices.SortFunc(d.Weights, func(v, w WeightDiff) int {
		return cmp.Or(cmp.Compare(w.Change, v.Change), cmp.Compare(v.Label, w.Label))
	})
	return d, nil
}

func diffDF(a, b *pipeline.ModelVersion) DFDiff {
	d := DFDiff{DocumentsA: a.Documents, DocumentsB: b.Documents}
	for hash, df := range a.DF.All() {
		switch other := b.DF.Lookup(hash); other {
		case 0:
			d.OnlyA++
		case df:
			d.Equal++
		default:
			d.Changed++
		}
	}
	d.OnlyB = b.DF.Len() - d.Equal - d.Changed
	return d
}

// diffBlock is how many features are asked for at once.
const diffBlock = 1 << 14

func diffWeights(ctx context.Context, a, b model.Model, label string, all int) (WeightDiff, error) {
	w := WeightDiff{Label: label}
	var x tidings.Vector
	var of [2][]float64
	for from := 0; from < all; from += diffBlock {
		if err := ctx.Err(); err != nil {
			return w, err
		}
		x.Reset()
		for f := from; f < min(from+diffBlock, all); f++ {
			x.Index, x.Value = append(x.Index, uint32(f)), append(x.Value, 1)
		}
		of[0], of[1] = a.Contributions(x, label, of[0]), b.Contributions(x, label, of[1])
		for i := range of[0] {
			v, u := of[0][i], of[1][i]
			w.NormA += float64(v * v)
			w.NormB += float64(u * u)
			w.Change += float64((v - u) * (v - u))
			if v != u {
				w.Changed++
			}
		}
	}
	w.NormA, w.NormB, w.Change = math.Sqrt(w.NormA), math.Sqrt(w.NormB), math.Sqrt(w.Change)
	return w, nil
}
