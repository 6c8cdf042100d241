package stories

// frequency counts in how many documents each term occurred, older ones less: all
// counts are halved every frequencyHalfLife documents. It is a count-min sketch
// (Cormode and Muthukrishnan 2005) with conservative update (Estan and Varghese
// 2002), both cells of a term in one line of memory, which is never below the
// count but for what halving rounds away, and above it where all of a term's
// cells are others' too. A term's exact df does not matter here, its price does:
// features.DF costs as much as all the rest of Observe.
type frequency struct {
	documents uint32 // in frequencyUnit, as the counts
	since     uint32 // documents since the last halving
	cells     []uint16
}

const (
	frequencyUnit     = 4 // of a document: it is gone after three halvings
	frequencyCells    = 1 << 18
	frequencyLine     = 32 // cells
	frequencyHalfLife = 5_000
	frequencyMax      = 1<<16 - 1
)

func newFrequency() *frequency { return &frequency{cells: make([]uint16, frequencyCells)} }

// tick begins the next document.
func (f *frequency) tick() {
	if f.since == frequencyHalfLife {
		f.since = 0
		f.documents /= 2
		for i := range f.cells {
			f.cells[i] /= 2
		}
	}
	f.since++
	f.documents += frequencyUnit
}

// count counts the document's term, whose hash is as good as chance, and returns
// its df, which is above 0.
func (f *frequency) count(hash uint64) uint32 {
	line := f.cells[hash%(frequencyCells/frequencyLine)*frequencyLine:][:frequencyLine]
	a, b := &line[hash>>32%frequencyLine], &line[hash>>40%frequencyLine]
	df := min(min(*a, *b), frequencyMax-frequencyUnit) + frequencyUnit
	*a, *b = max(*a, df), max(*b, df)
	return uint32(df)
}
