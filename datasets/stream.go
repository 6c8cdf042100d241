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
)

var (
	magicGzip = []byte{0x1f, 0x8b}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// decompress tells by the first bytes how the input is compressed.
func decompress(path string, raw *bufio.Reader) (r io.Reader, compression string, err error) {
	magic, err := raw.Peek(len(magicZstd))
	if err != nil && err != io.EOF {
		return nil, "", fmt.Errorf("%s cannot be read: %w", path, err)
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
	switch {
	case compression == "":
		return fmt.Errorf("%s cannot be read beyond byte %d: %w; %s", file, at, err, kept)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fmt.Errorf("%s is cut off: its %s stream ends in the middle, after %d bytes of text; %s; fetch the whole file and read it again", file, compression, at, kept)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%s needs a zstd window above the limit of %d MiB; uncompress it first (zstd -d --long=31) and read that", file, ZstdWindowBytesMax>>20)
	default:
		return fmt.Errorf("%s is damaged: its %s stream is not valid after %d bytes of text: %w; %s; fetch the file again", file, compression, at, err, kept)
	}
}
