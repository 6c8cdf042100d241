package drift

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// A saved set, little-endian:
//
//	magic 8 | version 4 | payload bytes 4 | payload | xxHash 8 of all before
//
// The payload is, for each detector, the length of its spec, the spec, and the
// state.
const (
	magic           = "tiddrift"
	formatVersion   = 1
	prefixBytes     = 8 + 4 + 4
	payloadBytesMax = 1 << 17
)

// ErrDamaged reports saved detectors that cannot be read back.
var ErrDamaged = errors.New("saved drift detectors are damaged")

// ErrOthers reports saved detectors that are not those asked for.
var ErrOthers = errors.New("saved drift detectors are others than those asked for")

// Save writes the detectors so that Load makes equal ones. Equal sets give equal
// bytes.
func (s *Set) Save(w io.Writer) error {
	payload := s.encode()
	b := make([]byte, 0, prefixBytes+len(payload)+8)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, payload...)
	b = binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("save drift detectors: %w", err)
	}
	return nil
}

func (s *Set) encode() []byte {
	e := &encoder{}
	for _, d := range s.all {
		e.text(d.Name())
		d.state(e)
	}
	return e.buf
}

// Load reads what Save wrote, and nothing beyond it: the detectors that the
// options ask for. It fails, with ErrDamaged where the bytes are to blame and
// ErrOthers where other detectors were saved, rather than return a set that
// differs from the one saved: go back to an older snapshot then.
func Load(r io.Reader, o Options) (*Set, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	prefix := make([]byte, prefixBytes)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, short(err)
	}
	if string(prefix[:8]) != magic {
		return nil, fmt.Errorf("%w: they do not begin as drift detectors do", ErrDamaged)
	}
	if version := binary.LittleEndian.Uint32(prefix[8:]); version != formatVersion {
		return nil, fmt.Errorf("saved drift detectors have format %d, this program reads %d; use the program that wrote them", version, formatVersion)
	}
	n := binary.LittleEndian.Uint32(prefix[12:])
	if n > payloadBytesMax {
		return nil, fmt.Errorf("%w: their length is out of range", ErrDamaged)
	}
	rest := make([]byte, n+8)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, short(err)
	}
	payload := rest[:n]
	sum := xxhash.New()
	_, _ = sum.Write(prefix)
	_, _ = sum.Write(payload)
	if binary.LittleEndian.Uint64(rest[n:]) != sum.Sum64() {
		return nil, fmt.Errorf("%w: their checksum does not fit", ErrDamaged)
	}
	return s, s.decode(payload)
}

func (s *Set) decode(payload []byte) error {
	d := &decoder{buf: payload}
	for _, detector := range s.all {
		if name := d.text(); d.err == nil && name != detector.Name() {
			return fmt.Errorf("%w: %.64q where %s belongs", ErrOthers, name, detector.Name())
		}
		if detector.restore(d); d.err != nil {
			return fmt.Errorf("%s: %w", detector.Name(), d.err)
		}
	}
	if len(d.buf) > 0 {
		return fmt.Errorf("%w: %d bytes are left over", ErrOthers, len(d.buf))
	}
	return nil
}

func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: they end too early", ErrDamaged)
	}
	return fmt.Errorf("read saved drift detectors: %w", err)
}

// encoder appends to a buffer.
type encoder struct{ buf []byte }

func (e *encoder) uint8(v uint8)   { e.buf = append(e.buf, v) }
func (e *encoder) uint64(v uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, v) }
func (e *encoder) float(v float64) { e.uint64(math.Float64bits(v)) }

func (e *encoder) text(s string) {
	e.uint8(uint8(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) counts(c *termsBlockCounts) {
	for _, n := range c {
		e.buf = binary.LittleEndian.AppendUint16(e.buf, n)
	}
}

// decoder reads what an encoder wrote. After the first error it reads zeros, and
// err says what happened.
type decoder struct {
	buf []byte
	err error
}

func (d *decoder) bytes(n int) []byte {
	if d.err == nil && n > len(d.buf) {
		d.err = fmt.Errorf("%w: they end too early", ErrDamaged)
	}
	if d.err != nil {
		return make([]byte, n)
	}
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) uint8() uint8   { return d.bytes(1)[0] }
func (d *decoder) uint64() uint64 { return binary.LittleEndian.Uint64(d.bytes(8)) }
func (d *decoder) text() string   { return string(d.bytes(int(d.uint8()))) }

// float reads a number, which must be finite.
func (d *decoder) float() float64 {
	v := math.Float64frombits(d.uint64())
	d.check(!math.IsNaN(v) && !math.IsInf(v, 0), "a number")
	return v
}

// counts reads what so many documents can give.
func (d *decoder) counts(c *termsBlockCounts, documents int) {
	total := 0
	b := d.bytes(2 * len(c))
	for i := range c {
		c[i] = binary.LittleEndian.Uint16(b[2*i:])
		total += int(c[i])
	}
	d.check(total <= documents*termsDocument, "terms of a block")
}

// check notes what is out of range.
func (d *decoder) check(ok bool, what string) {
	if d.err == nil && !ok {
		d.err = fmt.Errorf("%w: %s out of range", ErrDamaged, what)
	}
}
