package pipeline

import (
	"encoding/binary"
	"errors"
	"math"
)

// errMalformed reports bytes that are no record of this format.
var errMalformed = errors.New("malformed record")

// encoder appends to a buffer. Strings that occur often go through a table of
// the record: the first time as text, then as a number.
type encoder struct {
	buf     []byte
	strings map[string]uint64
}

func (e *encoder) reset() {
	e.buf = e.buf[:0]
	if e.strings == nil {
		e.strings = make(map[string]uint64)
	}
	clear(e.strings)
}

func (e *encoder) uint(v uint64)   { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) int(v int64)     { e.buf = binary.AppendVarint(e.buf, v) }
func (e *encoder) byte(v byte)     { e.buf = append(e.buf, v) }
func (e *encoder) fixed(v uint64)  { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }
func (e *encoder) float(v float64) { e.fixed(math.Float64bits(v)) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// name writes a string that occurs often.
func (e *encoder) name(s string) {
	if n, ok := e.strings[s]; ok {
		e.uint(n)
		return
	}
	e.strings[s] = uint64(len(e.strings)) + 1
	e.uint(0)
	e.text(s)
}

// promotion writes which version takes over.
func (e *encoder) promotion(p *Promotion) {
	e.uint(p.Number)
	e.text(p.Digest)
	e.uint(p.Updates)
	e.fixed(uint64(p.Chain))
}

// decoder reads what an encoder wrote. After an error all reads give zero, so
// that a caller may check once at the end. interned keeps names across
// records, so that a label's text is allocated once and not once a record; it
// is bounded by internedMax.
type decoder struct {
	buf      []byte
	err      error
	names    []string
	interned map[string]string
}

const internedMax = 1 << 14

func (d *decoder) reset(buf []byte) {
	d.buf, d.err, d.names = buf, nil, d.names[:0]
	if d.interned == nil || len(d.interned) > internedMax {
		d.interned = make(map[string]string)
	}
}

func (d *decoder) fail() {
	d.err = errMalformed
	d.buf = nil
}

func (d *decoder) uint() uint64 {
	if len(d.buf) > 0 && d.buf[0] < 0x80 {
		v := d.buf[0]
		d.buf = d.buf[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.buf) == 0 {
		d.fail()
		return 0
	}
	v := d.buf[0]
	d.buf = d.buf[1:]
	return v
}

func (d *decoder) fixed() uint64 {
	if len(d.buf) < 8 {
		d.fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(d.buf)
	d.buf = d.buf[8:]
	return v
}

func (d *decoder) float() float64 { return math.Float64frombits(d.fixed()) }

// bytes is a slice of the record, valid as long as it.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.fail()
		return nil
	}
	v := d.buf[:n]
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) text() string { return string(d.bytes()) }

func (d *decoder) name() string {
	n := d.uint()
	if n > uint64(len(d.names)) {
		d.fail()
		return ""
	}
	if n > 0 {
		return d.names[n-1]
	}
	b := d.bytes()
	s, ok := d.interned[string(b)]
	if !ok {
		s = string(b)
		d.interned[s] = s
	}
	d.names = append(d.names, s)
	return s
}

func (d *decoder) promotion() *Promotion {
	return &Promotion{Number: d.uint(), Digest: d.text(), Updates: d.uint(), Chain: Hex(d.fixed())}
}

// count reads how many things follow, each of at least size bytes: never more
// than the record can hold, so that no hostile number makes room for itself.
func (d *decoder) count(size int) int {
	n := d.uint()
	if n > uint64(len(d.buf)/size) {
		d.fail()
		return 0
	}
	return int(n)
}
