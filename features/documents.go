package features

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Documents counts the documents that a DF counts terms of: it is the n of
// Vectorizer.Vector, and in the same unit as df. Where df forgets it is the df
// that a term of all documents would have, so no df is above it.
type Documents struct {
	clock clock
	count uint64
	sum   uint64
}

// DFUnit is what one document is in a df: 1, or 256 where df decays.
func (o Options) DFUnit() uint64 {
	if o.DFHalfLife != (HalfLife{}) {
		return dfUnit
	}
	return 1
}

// NewDocuments starts from no document.
func NewDocuments(o Options) Documents { return Documents{clock: clock{halfLife: o.DFHalfLife}} }

// Add counts one more, with its event time in Unix nanoseconds or NoTime.
func (d *Documents) Add(time int64) {
	d.count++
	if d.clock.runs() {
		d.weigh(time)
	}
}

// weigh adds the weight of one more document where df decays, and returns how
// many half-lives have ended with it.
func (d *Documents) weigh(time int64) (ended uint64) {
	ended = d.clock.tick(time)
	d.sum = halved(d.sum, ended) + uint64(d.clock.weight())
	return ended
}

// Count is how many there were.
func (d *Documents) Count() uint64 { return d.count }

// N is how many there were, what is forgotten left out, in the unit of df.
func (d *Documents) N() uint64 {
	if d.clock.runs() {
		return d.clock.now(d.sum)
	}
	return d.count
}

// Next is what N would be with one more, which has no time.
func (d *Documents) Next() uint64 {
	next := *d
	next.Add(NoTime)
	return next.N()
}

// Append writes what Count does not tell: nothing, unless df decays.
func (d *Documents) Append(buf []byte) []byte {
	if !d.clock.runs() {
		return buf
	}
	return d.append(buf)
}

func (d *Documents) append(buf []byte) []byte {
	return d.clock.append(binary.LittleEndian.AppendUint64(buf, d.sum))
}

// Resume goes on where Count was so much, and Append wrote what r gives. It reads
// nothing beyond that.
func (d *Documents) Resume(r io.Reader, count uint64) error {
	d.count = count
	if !d.clock.runs() {
		return nil
	}
	b, err := dfReader{r}.bytes(documentsBytes)
	if err != nil {
		return err
	}
	halfLife := d.clock.halfLife
	if !d.load(b) || d.clock.halfLife != halfLife || d.clock.documents != count {
		return fmt.Errorf("%w: the number of documents was not made under this half-life", ErrDamaged)
	}
	return nil
}

// load reads what append wrote; false: that cannot be.
func (d *Documents) load(b []byte) bool {
	d.sum = binary.LittleEndian.Uint64(b)
	return d.clock.load(b[8:]) && (d.sum == 0) == (d.clock.documents == 0)
}
