package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"tidings/datasets/archive"
)

const (
	formTar = "tar"
	formZip = "zip"
)

var (
	magicGzip = []byte{0x1f, 0x8b}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// fault is what is wrong with a whole file or with the rest of one.
type fault struct {
	file   string
	what   string // goes on from the file's name: " is a PDF"
	broken bool   // something was read of it, and then no more could be
	err    error  // the cause, when there is one
}

func (f *fault) Error() string { return f.file + f.what }
func (f *fault) Unwrap() error { return f.err }

func faultOf(file, format string, args ...any) error {
	return &fault{file: file, what: " " + fmt.Sprintf(format, args...)}
}

// decompress tells by the first bytes how the input is compressed.
func decompress(path string, raw *bufio.Reader) (r io.Reader, compression string, err error) {
	magic, err := raw.Peek(len(magicZstd))
	if err != nil && err != io.EOF {
		return nil, "", broken(path, "", 0, err)
	}
	switch {
	case bytes.HasPrefix(magic, magicGzip):
		z, err := gzip.NewReader(raw) // reads members one after another
		if err != nil {
			return nil, "", broken(path, "gzip", 0, err)
		}
		return z, "gzip", nil
	case bytes.HasPrefix(magic, magicZstd):
		// One decoder without concurrency starts no goroutine and needs no Close.
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(ZstdWindowBytesMax))
		if err != nil {
			return nil, "", broken(path, "zstd", 0, err)
		}
		return z, "zstd", nil
	}
	return raw, "", nil
}

func compressedName(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst") || strings.HasSuffix(path, ".zstd")
}

// stream is the uncompressed input. Its first error stays, and says what it
// means for the rows.
type stream struct {
	r           io.Reader
	file        string
	compression string
	bytes       int64 // read so far
	err         error
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.bytes += int64(n)
	if err != nil && err != io.EOF {
		err = broken(s.file, s.compression, s.bytes, err)
	}
	s.err = err
	return n, err
}

// broken says what an error in the middle of an input means.
func broken(file, compression string, at int64, err error) error {
	const kept = "the rows before it are complete and were delivered, what follows is lost"
	f := &fault{file: file, broken: true, err: err}
	bomb := (*archive.BombError)(nil)
	told := (*fault)(nil)
	switch {
	case errors.As(err, &told):
		return err
	case errors.As(err, &bomb):
		f.what = fmt.Sprintf(" is not read on: %v; %s; if it is what you mean, uncompress it first and read that", bomb, kept)
	case compression == "":
		f.what = fmt.Sprintf(" cannot be read beyond byte %d: %v; %s", at, err, kept)
	case errors.Is(err, archive.ErrNoEnd):
		f.what = fmt.Sprintf(" is cut off, or its %s archive was never finished: %v; %s; fetch the whole file and read it again", compression, err, kept)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		f.what = fmt.Sprintf(" is cut off: its %s ends in the middle, after %d bytes of text; %s; fetch the whole file and read it again", formName(compression), at, kept)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		f.what = fmt.Sprintf(" needs a zstd window above the limit of %d MiB; uncompress it first (zstd -d --long=31) and read that", ZstdWindowBytesMax>>20)
	default:
		f.what = fmt.Sprintf(" is damaged: its %s is not valid after %d bytes of text: %v; %s; fetch the file again", formName(compression), at, err, kept)
	}
	return f
}

// formName is what a file is as a whole.
func formName(compression string) string {
	if compression == formTar || compression == formZip {
		return compression + " archive"
	}
	return compression + " stream"
}
