package model

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// A saved model, little-endian:
//
//	magic 8 | version 4 | head bytes 4 | payload bytes 8 |
//	head (JSON: name, options) | payload (the model's own) | xxHash 8 of all before
//
// The lengths come first, so that a reader takes exactly the model from a
// longer stream, and memory grows with what was really read, never with what a
// length claims.
const (
	magic         = "tidings\x01"
	formatVersion = 2
	headBytesMax  = 1 << 16
	prefixBytes   = 8 + 4 + 4 + 8
)

// ErrDamaged reports a saved model that cannot be read back.
var ErrDamaged = errors.New("saved model is damaged")

type head struct {
	Name    string  `json:"name"`
	Options Options `json:"options"`
}

// Load reads what Save wrote, and nothing beyond it. It fails, with ErrDamaged
// where the bytes are to blame, rather than return a model that differs from
// the one saved: go back to an older snapshot then.
func Load(r io.Reader) (Model, error) {
	sum := xxhash.New()
	prefix := make([]byte, prefixBytes)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, short("prefix", err)
	}
	_, _ = sum.Write(prefix)
	if string(prefix[:8]) != magic {
		return nil, fmt.Errorf("%w: it does not begin as a model does", ErrDamaged)
	}
	version, headBytes := binary.LittleEndian.Uint32(prefix[8:]), binary.LittleEndian.Uint32(prefix[12:])
	payload := binary.LittleEndian.Uint64(prefix[16:])
	if version != formatVersion {
		return nil, fmt.Errorf("saved model has format %d, this program reads %d; use the program that wrote it", version, formatVersion)
	}
	if headBytes > headBytesMax || payload > math.MaxInt64/2 {
		return nil, fmt.Errorf("%w: its lengths are out of range", ErrDamaged)
	}
	limited := &io.LimitedReader{R: r, N: int64(headBytes) + int64(payload) + 8}
	d := &decoder{r: bufio.NewReaderSize(limited, 1<<16), sum: sum}
	return d.model(int(headBytes), payload)
}

func short(what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends within its %s", ErrDamaged, what)
	}
	return fmt.Errorf("read a saved model: %w", err)
}

// decoder reads a payload. After the first error it reads zeros, and err says
// what happened.
type decoder struct {
	r    *bufio.Reader
	sum  hash.Hash64
	left uint64 // of the payload
	err  error
	buf  [512]byte
}

func (d *decoder) model(headBytes int, payload uint64) (Model, error) {
	d.left = uint64(headBytes)
	text := append([]byte(nil), d.bytes(headBytes, "head")...)
	if d.err != nil {
		return nil, d.err
	}
	var h head
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, fmt.Errorf("%w: its head is no JSON: %v", ErrDamaged, err)
	}
	k, ok := kinds[h.Name]
	if !ok {
		return nil, unknown(h.Name)
	}
	if err := h.Options.Check(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	d.left = payload
	m, err := k.load(h.Options, d)
	if err = errors.Join(d.err, err); err != nil {
		return nil, err
	}
	if d.left != 0 {
		return nil, fmt.Errorf("%w: %d bytes are left over", ErrDamaged, d.left)
	}
	want, got := d.sum.Sum64(), make([]byte, 8)
	if _, err := io.ReadFull(d.r, got); err != nil {
		return nil, short("checksum", err)
	}
	if binary.LittleEndian.Uint64(got) != want {
		return nil, fmt.Errorf("%w: its checksum does not fit", ErrDamaged)
	}
	return m, nil
}

// bytes returns the next n bytes of the payload, valid until the next call.
func (d *decoder) bytes(n int, what string) []byte {
	buf := d.buf[:]
	if n > len(buf) {
		buf = make([]byte, n) // the head only, at most headBytesMax
	}
	buf = buf[:n]
	if d.err == nil && uint64(n) > d.left {
		d.err = fmt.Errorf("%w: it ends within its %s", ErrDamaged, what)
	}
	if d.err == nil {
		if _, err := io.ReadFull(d.r, buf); err != nil {
			d.err = short(what, err)
		}
	}
	if d.err != nil {
		clear(buf)
		return buf
	}
	d.left -= uint64(n)
	_, _ = d.sum.Write(buf)
	return buf
}

func (d *decoder) uint32(what string) uint32 { return binary.LittleEndian.Uint32(d.bytes(4, what)) }
func (d *decoder) uint64(what string) uint64 { return binary.LittleEndian.Uint64(d.bytes(8, what)) }

// float reads a number, which must be finite.
func (d *decoder) float(what string) float64 {
	v := math.Float64frombits(d.uint64(what))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		d.fail("%s is %g", what, v)
		return 0
	}
	return v
}

// fail notes what is wrong with the content.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
	}
}

// encoder writes a model. After the first error it writes nothing.
type encoder struct {
	w       *bufio.Writer
	sum     hash.Hash64
	written uint64
	err     error
	buf     [8]byte
}

// save writes the whole of a saved model; payload writes exactly size bytes.
func save(w io.Writer, h head, size uint64, payload func(*encoder)) error {
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("save model %s: %w", h.Name, err)
	}
	e := &encoder{w: bufio.NewWriterSize(w, 1<<16), sum: xxhash.New()}
	e.bytes([]byte(magic))
	e.uint32(formatVersion)
	e.uint32(uint32(len(text)))
	e.uint64(size)
	e.bytes(text)
	before := e.written
	payload(e)
	if e.err == nil && e.written-before != size {
		e.err = fmt.Errorf("wrote %d bytes where %d were announced", e.written-before, size)
	}
	e.uint64(e.sum.Sum64())
	if e.err == nil {
		e.err = e.w.Flush()
	}
	if e.err != nil {
		return fmt.Errorf("save model %s: %w", h.Name, e.err)
	}
	return nil
}

func (e *encoder) bytes(p []byte) {
	if e.err != nil {
		return
	}
	_, e.err = e.w.Write(p)
	_, _ = e.sum.Write(p)
	e.written += uint64(len(p))
}

func (e *encoder) uint32(v uint32) {
	binary.LittleEndian.PutUint32(e.buf[:], v)
	e.bytes(e.buf[:4])
}

func (e *encoder) uint64(v uint64) {
	binary.LittleEndian.PutUint64(e.buf[:], v)
	e.bytes(e.buf[:8])
}

func (e *encoder) float(v float64) { e.uint64(math.Float64bits(v)) }
