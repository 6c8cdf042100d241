package pipeline

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"

	"tidings/features"
	"tidings/model"
)

// A saved version, little-endian:
//
//	magic 8 | format 4 | head bytes 4 | model bytes 8 | df bytes 8 |
//	head (JSON: VersionHead) | model (its own saved form) | df (likewise) and N | xxHash 8 of all before
//
// The lengths come first, so that what is too large is refused before it is
// read; memory grows with what was really read, never with what a length claims.
const (
	versionMagic       = "tidingsV"
	versionFormat      = 1
	versionPrefixBytes = 8 + 4 + 4 + 8 + 8
	versionHeadMax     = 1 << 16
)

// ErrVersionDamaged reports a saved version that cannot be read back.
var ErrVersionDamaged = errors.New("saved version is damaged")

// Encode returns the version as it is saved. The head's numbers are those of
// the model and df, whatever it held. Equal versions give equal bytes.
func (v *ModelVersion) Encode() ([]byte, error) {
	v.fill()
	if err := errors.Join(v.Features.Check(), v.VersionHead.checkNote()); err != nil {
		return nil, fmt.Errorf("save a version: %w", err)
	}
	head, err := json.Marshal(v.VersionHead)
	if err != nil {
		return nil, fmt.Errorf("save a version: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, versionPrefixBytes, 1<<16))
	out.Write(head)
	start := out.Len()
	if err := v.Model.Save(out); err != nil {
		return nil, err
	}
	numbers := out.Len() - start
	if err := v.DF.Save(out); err != nil {
		return nil, err
	}
	out.Write(v.Met.Append(nil))
	data := out.Bytes()
	prefix := append(data[:0], versionMagic...)
	prefix = binary.LittleEndian.AppendUint32(prefix, versionFormat)
	prefix = binary.LittleEndian.AppendUint32(prefix, uint32(len(head)))
	prefix = binary.LittleEndian.AppendUint64(prefix, uint64(numbers))
	binary.LittleEndian.AppendUint64(prefix, uint64(len(data)-start-numbers))
	data = binary.LittleEndian.AppendUint64(data, xxhash.Sum64(data))
	if len(head) > versionHeadMax || len(data) > VersionBytesMax {
		return nil, fmt.Errorf("save a version: it has %d bytes, the limit is %d", len(data), VersionBytesMax)
	}
	return data, nil
}

// checkNote refuses notes beyond their limit.
func (h *VersionHead) checkNote() error {
	if len(h.Note) > VersionNoteMax {
		return fmt.Errorf("the note has %d bytes, the limit is %d", len(h.Note), VersionNoteMax)
	}
	return nil
}

// versionLengths are what a saved version consists of.
type versionLengths struct {
	head      uint32
	model, df uint64
}

func (l versionLengths) body() uint64 { return uint64(l.head) + l.model + l.df }

// parseVersionPrefix reads the lengths.
func parseVersionPrefix(prefix []byte) (l versionLengths, err error) {
	if !bytes.HasPrefix([]byte(versionMagic), prefix[:min(len(prefix), len(versionMagic))]) {
		return l, fmt.Errorf("%w: it does not begin as a version does; `train export` writes one, and `train --save FILE`", ErrVersionDamaged)
	}
	if len(prefix) < versionPrefixBytes {
		return l, fmt.Errorf("%w: it ends within its first %d bytes", ErrVersionDamaged, versionPrefixBytes)
	}
	if format := binary.LittleEndian.Uint32(prefix[8:]); format != versionFormat {
		return l, fmt.Errorf("saved version has format %d, this program reads %d; use the program that wrote it", format, versionFormat)
	}
	l.head = binary.LittleEndian.Uint32(prefix[12:])
	l.model, l.df = binary.LittleEndian.Uint64(prefix[16:]), binary.LittleEndian.Uint64(prefix[24:])
	if l.head > versionHeadMax {
		return l, fmt.Errorf("%w: its lengths are out of range", ErrVersionDamaged)
	}
	if l.model > VersionBytesMax || l.df > VersionBytesMax || l.body()+versionPrefixBytes+8 > VersionBytesMax {
		return l, fmt.Errorf("%w: it says that it has %d bytes of model and %d of df; the limit of a version is %d", ErrVersionDamaged, l.model, l.df, VersionBytesMax)
	}
	return l, nil
}

// ReadVersion reads the bytes of one saved version and nothing beyond, and
// checks that they are whole. It refuses what is no version by its first
// bytes, and what is too large by its lengths, before it reads on.
func ReadVersion(r io.Reader) ([]byte, error) {
	prefix := make([]byte, versionPrefixBytes)
	n, err := io.ReadFull(r, prefix)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read a saved version: %w", err)
	}
	l, err := parseVersionPrefix(prefix[:n])
	if err != nil {
		return nil, err
	}
	data := bytes.NewBuffer(prefix)
	want := int64(l.body()) + 8
	got, err := io.CopyN(data, r, want)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it has %d bytes and should have %d: it was cut off; copy it again", ErrVersionDamaged, got+versionPrefixBytes, want+versionPrefixBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read a saved version: %w", err)
	}
	return data.Bytes(), checkVersionSum(data.Bytes())
}

func checkVersionSum(data []byte) error {
	end := len(data) - 8
	if binary.LittleEndian.Uint64(data[end:]) != xxhash.Sum64(data[:end]) {
		return fmt.Errorf("%w: its checksum does not fit, some bytes are not what was written; copy it again", ErrVersionDamaged)
	}
	return nil
}

// DecodeVersion reads what Encode returned, all of it.
func DecodeVersion(data []byte) (*ModelVersion, error) {
	r := bytes.NewReader(data)
	whole, err := ReadVersion(r)
	if err != nil {
		return nil, err
	}
	if r.Len() > 0 {
		return nil, fmt.Errorf("%w: %d bytes are left over behind it", ErrVersionDamaged, r.Len())
	}
	l, err := parseVersionPrefix(whole[:versionPrefixBytes])
	if err != nil {
		return nil, err
	}
	return decodeVersion(whole[versionPrefixBytes:len(whole)-8], l)
}

// decodeVersion reads what stands between prefix and checksum.
func decodeVersion(body []byte, l versionLengths) (*ModelVersion, error) {
	head, rest := body[:l.head], body[l.head:]
	v := &ModelVersion{}
	d := json.NewDecoder(bytes.NewReader(head))
	d.DisallowUnknownFields()
	if err := d.Decode(&v.VersionHead); err != nil {
		return nil, fmt.Errorf("%w: its head cannot be read (%v); a newer program may have written it", ErrVersionDamaged, err)
	}
	var err error
	saved := bytes.NewReader(rest[:l.model])
	if v.Model, err = model.Load(saved); err != nil {
		return nil, fmt.Errorf("%w: its model: %w", ErrVersionDamaged, err)
	}
	counts := bytes.NewReader(rest[l.model:])
	if v.DF, err = features.LoadDF(counts); err != nil {
		return nil, fmt.Errorf("%w: its df: %w", ErrVersionDamaged, err)
	}
	v.Met = features.NewDocuments(v.Features)
	if err = v.Met.Resume(counts, v.Documents); err != nil {
		return nil, fmt.Errorf("%w: its number of documents: %w", ErrVersionDamaged, err)
	}
	if n := saved.Len() + counts.Len(); n > 0 {
		return nil, fmt.Errorf("%w: %d bytes are left over within it", ErrVersionDamaged, n)
	}
	if err := errors.Join(v.check(), v.checkNote()); err != nil {
		return nil, err
	}
	return v, nil
}
