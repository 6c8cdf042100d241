package datasets

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"tidings/internal/jsonl"
)

const (
	bucketsEach    = 64       // files that rows are scattered into
	bucketBytesMax = 16 << 20 // of a bucket that is put in order in memory
	bucketRowBytes = 32       // what a row in memory takes beside its bytes
	bucketBuffer   = 16 << 10
)

// shuffle delivers records in a random order, in constant memory, by the
// method of Rao (1961) and Sandelius (1962): each record goes to a bucket drawn
// at random, each bucket is shuffled by itself, and the buckets follow one
// another. A bucket too large for memory is scattered again. Every order is
// equally likely, and the seed decides which it is.
type shuffle struct {
	from      records
	random    *rand.Rand
	folder    string
	file      string
	bytesMax  int64
	scattered bool
	buckets   []*bucket // still to be delivered, the next one last
	end       error     // of from, delivered after all its records

	data   []byte // of the bucket in memory
	starts []int  // of its records, shuffled, and how many of them are delivered
	given  int
}

func newShuffle(from records, seed uint64, folder, file string) *shuffle {
	const stream = 0x7469_6469_6e67_7321 // any constant; it is part of what a seed means
	return &shuffle{from: from, random: rand.New(rand.NewPCG(seed, stream)), folder: folder, file: file, bytesMax: bucketBytesMax}
}

func (s *shuffle) next() (record, error) {
	if !s.scattered {
		s.scattered = true
		if err := s.scatter(s.from.next); err != nil {
			return record{}, err
		}
	}
	for s.given == len(s.starts) {
		if len(s.buckets) == 0 {
			return record{}, s.end
		}
		if err := s.take(); err != nil {
			return record{}, err
		}
	}
	rec, _, err := decodeRecord(s.data[s.starts[s.given]:])
	s.given++
	return rec, err
}

// scatter distributes all records that next gives over new buckets. What ended
// them is kept when they come from the source itself.
func (s *shuffle) scatter(next func() (record, error)) error {
	fresh := make([]*bucket, bucketsEach)
	defer func() { // in the order of their numbers, which were drawn, not of their first records
		for _, b := range fresh {
			if b != nil {
				s.buckets = append(s.buckets, b)
			}
		}
	}()
	var encoded []byte
	for {
		rec, err := next()
		if err != nil {
			if s.end == nil {
				s.end = err
			} else if err != io.EOF {
				return err
			}
			break
		}
		i := s.random.IntN(bucketsEach)
		if fresh[i] == nil {
			if fresh[i], err = newBucket(s.folder); err != nil {
				return s.failed(err)
			}
		}
		encoded = appendRecord(encoded[:0], rec)
		if err := fresh[i].write(encoded); err != nil {
			return s.failed(err)
		}
	}
	for _, b := range fresh {
		if b != nil {
			if err := b.rewind(); err != nil {
				return s.failed(err)
			}
		}
	}
	return nil
}

// take brings the next bucket into memory and shuffles it (Fisher and Yates),
// or scatters it again when it is too large.
func (s *shuffle) take() error {
	last := len(s.buckets) - 1
	b := s.buckets[last]
	s.buckets = s.buckets[:last]
	defer b.Close()
	if b.bytes > s.bytesMax && b.rows > 1 {
		return s.scatter(b.next)
	}
	s.data, s.starts, s.given = s.data[:0], s.starts[:0], 0
	for {
		start := len(s.data)
		encoded, err := b.encoded(s.data)
		if err == io.EOF {
			break
		}
		if err != nil {
			return s.failed(err)
		}
		s.data = encoded
		s.starts = append(s.starts, start)
	}
	s.random.Shuffle(len(s.starts), func(i, j int) { s.starts[i], s.starts[j] = s.starts[j], s.starts[i] })
	return nil
}

func (s *shuffle) failed(err error) error {
	return fmt.Errorf("shuffling %s needs as much room for temporary files as its text takes: %w; give another folder for them", s.file, err)
}

// Close removes the temporary files.
func (s *shuffle) Close() error {
	var errs []error
	for _, b := range s.buckets {
		errs = append(errs, b.Close())
	}
	s.buckets, s.starts, s.given = nil, nil, 0
	return errors.Join(errs...)
}

// bucket is a temporary file of records.
type bucket struct {
	file  *os.File
	name  string // to be removed on Close; "" when it is removed already
	w     *bufio.Writer
	r     *bufio.Reader
	bytes int64 // what it takes in memory
	rows  int64
	data  []byte // of the record that next returned
}

func newBucket(folder string) (*bucket, error) {
	f, err := os.CreateTemp(folder, "tidings-shuffle-*")
	if err != nil {
		return nil, err
	}
	b := &bucket{file: f, w: bufio.NewWriterSize(f, bucketBuffer)}
	// Where the system can, the file loses its name at once, so that nothing is
	// left behind by a process that is killed.
	if os.Remove(f.Name()) != nil {
		b.name = f.Name()
	}
	return b, nil
}

func (b *bucket) write(encoded []byte) error {
	b.bytes += int64(len(encoded)) + bucketRowBytes
	b.rows++
	_, err := b.w.Write(encoded)
	return err
}

// rewind ends writing; the bucket can be read from its beginning.
func (b *bucket) rewind() error {
	if err := b.w.Flush(); err != nil {
		return err
	}
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b.w = nil
	return nil
}

// encoded appends the next record as it is written to dst.
func (b *bucket) encoded(dst []byte) ([]byte, error) {
	if b.r == nil {
		b.r = bufio.NewReaderSize(b.file, bucketBuffer)
	}
	size, err := binary.ReadUvarint(b.r)
	if err != nil {
		return dst, err
	}
	dst = binary.AppendUvarint(dst, size)
	start := len(dst)
	dst = append(dst, make([]byte, size)...)
	if _, err := io.ReadFull(b.r, dst[start:]); err != nil {
		return dst, noEOF(err)
	}
	return dst, nil
}

func (b *bucket) next() (record, error) {
	var err error
	if b.data, err = b.encoded(b.data[:0]); err != nil {
		return record{}, err
	}
	rec, _, err := decodeRecord(b.data)
	return rec, err
}

// Close removes the file.
func (b *bucket) Close() error {
	err := b.file.Close()
	if b.name != "" {
		err = errors.Join(err, os.Remove(b.name))
	}
	return err
}

// noEOF makes an end in the middle of something an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendRecord writes a record's size and then its parts; a document as its
// line of JSON.
func appendRecord(dst []byte, rec record) []byte {
	if rec.form == parsed {
		rec.form, rec.data = canonical, jsonl.Append(nil, &rec.document)
	}
	var head [6 * binary.MaxVarintLen64]byte
	parts := binary.AppendUvarint(head[:0], rec.ordinal)
	parts = binary.AppendUvarint(parts, rec.line)
	parts = binary.AppendUvarint(parts, uint64(rec.form))
	size := len(rec.data)
	for _, text := range rec.texts() {
		parts = binary.AppendUvarint(parts, uint64(len(*text)))
		size += len(*text)
	}
	dst = binary.AppendUvarint(dst, uint64(len(parts)+size))
	dst = append(dst, parts...)
	for _, text := range rec.texts() {
		dst = append(dst, *text...)
	}
	return append(dst, rec.data...)
}

// texts are the parts of a record beside its data.
func (rec *record) texts() [3]*string {
	return [...]*string{&rec.file, &rec.bad, (*string)(&rec.reason)}
}

var errSpill = errors.New("a temporary file was changed by somebody else")

// decodeRecord reads what appendRecord wrote; the record's data points into b.
func decodeRecord(b []byte) (rec record, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return record{}, nil, errSpill
	}
	b, rest = b[n:n+int(size)], b[n+int(size):]
	var parts [6]uint64
	for i := range parts {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return record{}, nil, errSpill
		}
		parts[i], b = v, b[n:]
	}
	rec = record{ordinal: parts[0], line: parts[1], form: form(parts[2])}
	for i, text := range rec.texts() {
		if parts[3+i] > uint64(len(b)) {
			return record{}, nil, errSpill
		}
		*text, b = string(b[:parts[3+i]]), b[parts[3+i]:]
	}
	rec.data = b
	return rec, rest, nil
}
