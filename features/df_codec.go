package features

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// A saved DF, little-endian:
//
//	magic 8 | version 4 | terms 8 | dropped 8 | a term: hash 8, df 4 | xxHash 8 of all before
//
// Terms stand in the order of their hashes, so equal counts give equal bytes.
const (
	dfMagic       = "tidingDF"
	dfVersion     = 1
	dfPrefixBytes = 8 + 4 + 8 + 8
	dfTermBytes   = 8 + 4
)

// ErrDamaged reports saved counts that cannot be read back.
var ErrDamaged = errors.New("saved df counts are damaged")

// Save writes all counts. Equal counts give equal bytes, however they came
// about.
func (t *DF) Save(w io.Writer) error {
	sum := xxhash.New()
	buffered := bufio.NewWriterSize(w, 1<<16)
	out := io.MultiWriter(buffered, sum)
	buf := make([]byte, 0, dfPrefixBytes)
	buf = append(buf, dfMagic...)
	buf = binary.LittleEndian.AppendUint32(buf, dfVersion)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(t.terms))
	buf = binary.LittleEndian.AppendUint64(buf, t.dropped)
	_, err := out.Write(buf)
	for _, s := range t.sorted() {
		if err != nil {
			break
		}
		buf = binary.LittleEndian.AppendUint64(buf[:0], s.hash)
		buf = binary.LittleEndian.AppendUint32(buf, s.count)
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

// sorted returns copies of the observed slots by hash.
func (t *DF) sorted() []dfSlot {
	all := make([]dfSlot, 0, t.terms)
	for _, s := range t.table {
		if s.count > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b dfSlot) int { return cmp.Compare(a.hash, b.hash) })
	return all
}

// LoadDF reads what Save wrote, and nothing beyond it. It fails, with
// ErrDamaged where the bytes are to blame, rather than return other counts than
// those saved: go back to an older snapshot then. Memory grows with what was
// really read, not with what the number of terms claims.
func LoadDF(r io.Reader) (*DF, error) {
	sum := xxhash.New()
	prefix := make([]byte, dfPrefixBytes)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, dfShort(err)
	}
	_, _ = sum.Write(prefix)
	if string(prefix[:8]) != dfMagic {
		return nil, fmt.Errorf("%w: they do not begin as df counts do", ErrDamaged)
	}
	if version := binary.LittleEndian.Uint32(prefix[8:]); version != dfVersion {
		return nil, fmt.Errorf("saved df counts have format %d, this program reads %d; use the program that wrote them", version, dfVersion)
	}
	terms := binary.LittleEndian.Uint64(prefix[12:])
	if terms > DFTermsMax {
		return nil, fmt.Errorf("%w: %d terms are more than the limit of %d", ErrDamaged, terms, DFTermsMax)
	}
	t := &DF{dropped: binary.LittleEndian.Uint64(prefix[20:])}
	limited := bufio.NewReaderSize(io.LimitReader(r, int64(terms)*dfTermBytes+8), 1<<16)
	if err := t.load(limited, sum, terms); err != nil {
		return nil, err
	}
	var trailer [8]byte
	if _, err := io.ReadFull(limited, trailer[:]); err != nil {
		return nil, dfShort(err)
	}
	if binary.LittleEndian.Uint64(trailer[:]) != sum.Sum64() {
		return nil, fmt.Errorf("%w: their checksum does not fit", ErrDamaged)
	}
	return t, nil
}

// load reads the terms, which must ascend. They enter the table at the end, all
// at once: ascending hashes would crowd one end of a table that grows.
func (t *DF) load(r io.Reader, sum io.Writer, terms uint64) error {
	var buf [dfTermBytes]byte
	var all []dfSlot
	for i := range terms {
		if _, err := io.ReadFull(r, buf[:]); err != nil {
			return dfShort(err)
		}
		_, _ = sum.Write(buf[:])
		s := dfSlot{hash: binary.LittleEndian.Uint64(buf[:]), count: binary.LittleEndian.Uint32(buf[8:]), used: true}
		if i > 0 && s.hash <= all[i-1].hash || s.count == 0 {
			return fmt.Errorf("%w: term %d cannot be there", ErrDamaged, i)
		}
		all = append(all, s)
	}
	t.reserve(len(all))
	for _, s := range all {
		t.table[t.slot(s.hash)].count = s.count
	}
	t.terms = len(all)
	return nil
}

func dfShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: they end too early", ErrDamaged)
	}
	return fmt.Errorf("read saved df counts: %w", err)
}
