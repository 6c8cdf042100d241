package metric

// FadeDefault is what each prediction of a Faded weighs beside the next one
// (Gama, Sebastião and Rodrigues 2013, section 4, use .99 to .999).
const FadeDefault = 0.999

// Faded is an accuracy in which older predictions count less and less: each
// weighs so much of the one behind it (Gama, Sebastião and Rodrigues 2013, "On
// evaluating stream learning algorithms", the prequential error with a fading
// factor). It says what Windowed says, about 1 / (1 - factor) predictions long,
// without remembering them.
//
// The zero value fades by FadeDefault.
type Faded struct {
	factor        float64
	right, weight float64
	documents     uint64
}

// NewFaded returns an accuracy that fades by a factor in (0, 1]; others stand for
// FadeDefault. 1 does not fade.
func NewFaded(factor float64) *Faded {
	if !(factor > 0 && factor <= 1) {
		factor = FadeDefault
	}
	return &Faded{factor: factor}
}

// Add takes one prediction in.
func (f *Faded) Add(right bool) {
	if f.factor == 0 {
		*f = *NewFaded(0)
	}
	f.documents++
	f.right *= f.factor
	f.weight = float64(f.weight*f.factor) + 1
	if right {
		f.right++
	}
}

// Accuracy is the faded share that was right, in [0, 1]; 0 before the first.
func (f *Faded) Accuracy() float64 {
	if f.weight == 0 {
		return 0
	}
	return f.right / f.weight
}

// Documents is how many predictions came in.
func (f *Faded) Documents() uint64 { return f.documents }
