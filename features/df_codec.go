package features

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
)

// A saved DF, little-endian:
//
//	magic 8 | version 4 | terms 8 | dropped 8 | a term: hash 8, df 4 | xxHash 8 of all before
//
// One that forgets is of version 2. It has, after dropped,
//
//	N 8 | half-life: documents 8, nanoseconds 8 | clock: documents 8, first 8, last 8, timed 1 |
//	limit 4 | shards with a floor 4 | such a shard: number 4, floor 4
//
// and 4 bytes more in each term: what its df may be short of. Terms stand in the
// order of their hashes, so equal counts give equal bytes.
const (
	dfMagic        = "tidingDF"
	dfVersion      = 1
	dfForgets      = 2
	dfPrefixBytes  = 8 + 4 + 8 + 8
	clockBytes     = 2*8 + 3*8 + 1
	documentsBytes = 8 + clockBytes
	dfOptionsBytes = documentsBytes + 2*4
	dfTermBytes    = 8 + 4
)

// ErrDamaged reports saved counts that cannot be read back.
var ErrDamaged = errors.New("saved df counts are damaged")

// forgets says whether there is more to save than counts.
func (t *DF) forgets() bool { return t.bounded != nil || t.met.clock.runs() }

// Save writes all counts. Equal counts give equal bytes, however they came
// about.
func (t *DF) Save(w io.Writer) error {
	sum := xxhash.New()
	buffered := bufio.NewWriterSize(w, 1<<16)
	out := io.MultiWriter(buffered, sum)
	_, err := out.Write(t.head())
	buf := make([]byte, 0, dfTermBytes+4)
	for _, s := range t.sorted() {
		if err != nil {
			break
		}
		buf = binary.LittleEndian.AppendUint64(buf[:0], s.hash)
		buf = binary.LittleEndian.AppendUint32(buf, s.count)
		if t.forgets() {
			buf = binary.LittleEndian.AppendUint32(buf, s.mark-1)
		}
		_, err = out.Write(buf)
	}
	if err == nil {
		_, err = buffered.Write(binary.LittleEndian.AppendUint64(buf[:0], sum.Sum64()))
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("save df counts: %w", err)
	}
	return nil
}

// head is what stands before the terms.
func (t *DF) head() []byte {
	version := uint32(dfVersion)
	if t.forgets() {
		version = dfForgets
	}
	buf := append(make([]byte, 0, dfPrefixBytes+dfOptionsBytes), dfMagic...)
	buf = binary.LittleEndian.AppendUint32(buf, version)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(t.Len()))
	buf = binary.LittleEndian.AppendUint64(buf, t.dropped)
	if !t.forgets() {
		return buf
	}
	buf = t.met.append(buf)
	if t.bounded == nil {
		return binary.LittleEndian.AppendUint64(buf, 0)
	}
	return t.bounded.append(buf)
}

// append writes the half-life and what the clock remembers.
func (c *clock) append(buf []byte) []byte {
	buf = binary.LittleEndian.AppendUint64(buf, c.halfLife.Documents)
	for _, n := range []uint64{uint64(c.halfLife.Time), c.documents, uint64(c.first), uint64(c.last)} {
		buf = binary.LittleEndian.AppendUint64(buf, n)
	}
	if c.timed {
		return append(buf, 1)
	}
	return append(buf, 0)
}

// append writes the limit and the floors.
func (b *bounded) append(buf []byte) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(b.limit))
	count := len(buf)
	buf = binary.LittleEndian.AppendUint32(buf, 0)
	for i := range b.shards {
		if floor := b.shards[i].floor; floor > 0 {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(i))
			buf = binary.LittleEndian.AppendUint32(buf, floor)
			binary.LittleEndian.PutUint32(buf[count:], binary.LittleEndian.Uint32(buf[count:])+1)
		}
	}
	return buf
}

// sorted returns copies of the observed slots by hash.
func (t *DF) sorted() []dfSlot {
	all := make([]dfSlot, 0, t.Len())
	keep := func(slots []dfSlot) {
		for _, s := range slots {
			if s.count > 0 {
				all = append(all, s)
			}
		}
	}
	keep(t.slots)
	if t.bounded != nil {
		for i := range t.bounded.shards {
			keep(t.bounded.shards[i].slots)
		}
	}
	slices.SortFunc(all, func(a, b dfSlot) int { return cmp.Compare(a.hash, b.hash) })
	return all
}

// LoadDF reads what Save wrote, and nothing beyond it. It fails, with
// ErrDamaged where the bytes are to blame, rather than return other counts than
// those saved: go back to an older snapshot then. Memory grows with what was
// really read, not with what the number of terms claims. Whether the counts were
// made under the options that are in force is for the caller to ask (Fits).
func LoadDF(r io.Reader) (*DF, error) {
	sum := xxhash.New()
	read := dfReader{io.TeeReader(r, sum)}
	prefix, err := read.bytes(dfPrefixBytes)
	if err != nil {
		return nil, err
	}
	if string(prefix[:8]) != dfMagic {
		return nil, fmt.Errorf("%w: they do not begin as df counts do", ErrDamaged)
	}
	t, termBytes := &DF{}, dfTermBytes
	switch version := binary.LittleEndian.Uint32(prefix[8:]); version {
	case dfVersion:
	case dfForgets:
		termBytes += 4
		if t, err = read.options(); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("saved df counts have format %d, this program reads %d and %d; use the program that wrote them", version, dfVersion, dfForgets)
	}
	terms := binary.LittleEndian.Uint64(prefix[12:])
	if terms > uint64(t.Limit()) {
		return nil, fmt.Errorf("%w: %d terms are more than the limit of %d", ErrDamaged, terms, t.Limit())
	}
	t.dropped = binary.LittleEndian.Uint64(prefix[20:])
	limited := bufio.NewReaderSize(io.LimitReader(r, int64(terms)*int64(termBytes)+8), 1<<16)
	if err := t.load(dfReader{io.TeeReader(limited, sum)}, terms, termBytes); err != nil {
		return nil, err
	}
	want := sum.Sum64()
	trailer, err := dfReader{limited}.bytes(8)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint64(trailer) != want {
		return nil, fmt.Errorf("%w: their checksum does not fit", ErrDamaged)
	}
	return t, nil
}

// dfReader reads parts of a known length.
type dfReader struct{ io.Reader }

func (r dfReader) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	if err != nil {
		return nil, dfShort(err)
	}
	return b, nil
}

// options reads what makes an empty DF that forgets.
func (r dfReader) options() (*DF, error) {
	b, err := r.bytes(dfOptionsBytes)
	if err != nil {
		return nil, err
	}
	var met Documents
	o := Options{DFTerms: int(binary.LittleEndian.Uint32(b[documentsBytes:]))}
	floors := binary.LittleEndian.Uint32(b[documentsBytes+4:])
	if !met.load(b) || checkDFTerms(o.DFTerms) != nil || o.DFTerms == 0 && floors > 0 {
		return nil, fmt.Errorf("%w: no df forgets like that", ErrDamaged)
	}
	t := NewDF(o)
	if t.met = met; !t.forgets() {
		return nil, fmt.Errorf("%w: they are said to forget, and not how", ErrDamaged)
	}
	return t, r.floors(t.bounded, floors)
}

// load reads what append wrote; false: no clock can stand there.
func (c *clock) load(b []byte) bool {
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	*c = clock{
		halfLife:  HalfLife{Documents: number(0), Time: time.Duration(number(1))},
		documents: number(2), first: int64(number(3)), last: int64(number(4)), timed: b[40] == 1,
	}
	switch {
	case c.halfLife.Check() != nil || b[40] > 1:
		return false
	case c.documents == 0:
		return c.first == 0 && c.last == 0 && !c.timed
	case !c.runs() || c.first > c.last || c.timed && c.halfLife.Documents > 0 || !c.timed && (c.first != 0 || c.last != 0):
		return false
	}
	c.documents--
	c.tick(NoTime) // to the same document
	return true
}

// floors reads those of shards, which must ascend by number.
func (r dfReader) floors(b *bounded, n uint32) error {
	last := -1
	for range n {
		pair, err := r.bytes(8)
		if err != nil {
			return err
		}
		i, floor := binary.LittleEndian.Uint32(pair), binary.LittleEndian.Uint32(pair[4:])
		if int64(i) <= int64(last) || int64(i) >= int64(len(b.shards)) || floor == 0 || floor > floorMax {
			return fmt.Errorf("%w: the floor of a shard cannot be there", ErrDamaged)
		}
		last = int(i)
		b.shards[i].floor = floor
	}
	return nil
}

// load reads the terms, which must ascend. They enter the table at the end, all
// at once: ascending hashes would crowd one end of a table that grows.
func (t *DF) load(r dfReader, terms uint64, termBytes int) error {
	var all []dfSlot
	b := make([]byte, termBytes)
	for i := range terms {
		if _, err := io.ReadFull(r, b); err != nil {
			return dfShort(err)
		}
		s := dfSlot{hash: binary.LittleEndian.Uint64(b), count: binary.LittleEndian.Uint32(b[8:]), mark: 1}
		if termBytes > dfTermBytes {
			s.mark += binary.LittleEndian.Uint32(b[12:])
		}
		if i > 0 && s.hash <= all[i-1].hash || s.count == 0 || s.mark-1 > t.shortBy(s.hash) {
			return fmt.Errorf("%w: term %d cannot be there", ErrDamaged, i)
		}
		all = append(all, s)
	}
	if t.bounded != nil {
		return t.bounded.load(all)
	}
	t.reserve(len(all))
	for _, s := range all {
		t.put(s)
	}
	return nil
}

// shortBy is how much the df of a term may be short of.
func (t *DF) shortBy(hash uint64) uint32 {
	if t.bounded == nil {
		return 0
	}
	return t.bounded.in(hash).floor
}

func (b *bounded) load(all []dfSlot) error {
	for _, s := range all {
		if in := b.in(s.hash); in.used >= in.room {
			return fmt.Errorf("%w: a shard has more terms than room", ErrDamaged)
		}
		to, _ := b.take(s.hash)
		*to = s
	}
	return nil
}

func dfShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: they end too early", ErrDamaged)
	}
	return fmt.Errorf("read saved df counts: %w", err)
}
