package metric

// Limits of a Windowed.
const (
	WindowDefault = 1000
	WindowMax     = 1 << 24
)

// Windowed is the accuracy of the newest predictions: what a live line shows,
// where the accuracy since the beginning has grown too slow to tell anything
// (Gama, Sebastiao and Rodrigues 2013, the prequential error over a sliding
// window). It takes one bit for each prediction of the window.
//
// The zero value looks at WindowDefault predictions.
type Windowed struct {
	bits  []uint64 // a ring of 1 for right
	size  int
	next  int // place of the oldest, and of the next one
	count int
	right int
}

// NewWindowed returns the accuracy of the newest n predictions. Less than 1
// stands for WindowDefault, more than WindowMax for WindowMax.
func NewWindowed(n int) *Windowed {
	if n < 1 {
		n = WindowDefault
	}
	n = min(n, WindowMax)
	return &Windowed{size: n, bits: make([]uint64, (n+63)/64)}
}

// Add takes one prediction in, and the oldest out when the window is full.
func (w *Windowed) Add(right bool) {
	if w.size == 0 {
		*w = *NewWindowed(0)
	}
	word, bit := &w.bits[w.next/64], uint64(1)<<(w.next%64)
	if *word&bit != 0 {
		w.right--
		*word &^= bit
	}
	if right {
		w.right++
		*word |= bit
	}
	w.count = min(w.count+1, w.size)
	if w.next++; w.next == w.size {
		w.next = 0
	}
}

// Accuracy is the share that was right, in [0, 1]; 0 before the first.
func (w *Windowed) Accuracy() float64 { return ratio(uint64(w.right), uint64(w.count)) }

// Documents is how many predictions the accuracy is about.
func (w *Windowed) Documents() int { return w.count }
