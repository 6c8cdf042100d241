package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
)

// ZipDirectoryBytesMax bounds a zip archive's table of contents, which is held
// in memory: about 150,000 members, and a few times as many bytes as here.
const ZipDirectoryBytesMax = 16 << 20

// IsZip tells by the first bytes, those of a first member or of an archive
// without one.
func IsZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// Zip reads a zip archive.
type Zip struct {
	files     []*zip.File
	body      io.ReadCloser
	expansion Expansion // of all members together: they may share their bytes
}

// NewZip reads the table of contents of an archive of so many bytes. The error
// says why there is none.
func NewZip(r io.ReaderAt, size int64) (*Zip, error) {
	limited := &limitedReaderAt{r: r, left: ZipDirectoryBytesMax}
	z, err := zip.NewReader(limited, size)
	switch {
	case err == nil || errors.Is(err, zip.ErrInsecurePath): // names are cleaned
	case errors.Is(err, errDirectory):
		return nil, err
	default:
		return nil, fmt.Errorf("its table of contents, which stands at the end, cannot be read: %w", err)
	}
	limited.left = math.MaxInt64
	return &Zip{files: z.File, expansion: Expansion{compressed: size}}, nil
}

// Has says whether a member that was not given yet has this very name.
func (z *Zip) Has(name string) bool {
	return slices.ContainsFunc(z.files, func(f *zip.File) bool { return f.Name == name })
}

// Broken returns a *BombError when the members together expanded too much.
// Beside that they do not depend on each other.
func (z *Zip) Broken() error { return z.expansion.err }

// Next returns the next file.
func (z *Zip) Next() (Member, error) {
	if z.body != nil {
		_ = z.body.Close() // it has been read as far as anybody wanted
		z.body = nil
	}
	for len(z.files) > 0 && z.expansion.err == nil {
		f := z.files[0]
		z.files[0], z.files = nil, z.files[1:]
		name := Clean(f.Name)
		if strings.HasSuffix(f.Name, "/") || f.Mode().IsDir() || name == "" || Hidden(name) {
			continue
		}
		m := Member{Name: name}
		const encrypted = 1
		var err error
		switch {
		case f.Mode()&fs.ModeSymlink != 0:
			m.Skip = "is a symbolic link, which is not followed"
		case !f.Mode().IsRegular():
			m.Skip = "is a device or a pipe, not a file"
		case f.Flags&encrypted != 0:
			m.Skip = "is encrypted; unpack the archive with its password and read what comes out"
		default:
			z.body, err = f.Open()
		}
		switch {
		case errors.Is(err, zip.ErrAlgorithm):
			m.Skip = fmt.Sprintf("is compressed by method %d, which is not known here; unpack the archive and read what comes out", f.Method)
		case err != nil:
			z.body, m.Skip = nil, fmt.Sprintf("cannot be read: %v; the archive is damaged, fetch it again", err)
		case z.body != nil:
			m.Body = z.expansion.Expanded(z.body)
		}
		return m, nil
	}
	return Member{}, cmp.Or(z.expansion.err, io.EOF)
}

var errDirectory = fmt.Errorf("its table of contents is larger than the limit of %d MiB; unpack it and read the folder", ZipDirectoryBytesMax>>20)

// limitedReaderAt reads so many bytes and then fails.
type limitedReaderAt struct {
	r    io.ReaderAt
	left int64
}

func (l *limitedReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errDirectory
	}
	return l.r.ReadAt(p, off)
}
