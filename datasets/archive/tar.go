package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strconv"
)

const tarBlock = 512

// TarHeadBytes is how many bytes it takes to tell that something is tar.
const TarHeadBytes = tarBlock

// IsTar tells by the checksum of the first header, which every dialect of tar
// has.
func IsTar(head []byte) bool {
	const from, to = 148, 156 // of the checksum, which counts as spaces
	if len(head) < tarBlock {
		return false
	}
	want, err := strconv.ParseUint(string(bytes.Trim(head[from:to], " \x00")), 8, 32)
	if err != nil {
		return false
	}
	var sum uint64
	for i, b := range head[:tarBlock] {
		if i >= from && i < to {
			b = ' '
		}
		sum += uint64(b)
	}
	return sum == want && head[0] != 0
}

// Tar reads a tar archive.
type Tar struct {
	from tarInput
	r    *tar.Reader
	err  error
}

// NewTar reads the archive in r, which is not compressed.
func NewTar(r io.Reader) *Tar {
	t := &Tar{from: tarInput{r: r}}
	t.r = tar.NewReader(&t.from)
	return t
}

// Broken returns what ended the archive before its end.
func (t *Tar) Broken() error {
	if t.err == io.EOF {
		return nil
	}
	return t.err
}

// Next returns the next file. It returns ErrNoEnd where the archive stops
// between two members as if it had been cut off there.
func (t *Tar) Next() (Member, error) {
	for t.err == nil {
		h, err := t.r.Next()
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // the name is cleaned
			if err == io.EOF && t.from.ended && t.from.zeros < tarBlock {
				err = ErrNoEnd
			}
			t.err = err
			break
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		name := Clean(h.Name)
		if name == "" || Hidden(name) {
			continue
		}
		if why := notATarFile(h); why != "" {
			return Member{Name: name, Skip: why}, nil
		}
		return Member{Name: name, Body: (*tarBody)(t)}, nil
	}
	return Member{}, t.err
}

// notATarFile says what a member is that has no content to read.
func notATarFile(h *tar.Header) string {
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeCont:
		if h.PAXRecords["GNU.sparse.map"] != "" || h.PAXRecords["GNU.sparse.major"] != "" {
			return "is a sparse file, whose size says nothing of what it holds"
		}
		return ""
	case tar.TypeSymlink:
		return "is a symbolic link, which is not followed"
	case tar.TypeLink:
		return "is a hard link, a second name of a file that was read already"
	case tar.TypeGNUSparse:
		return "is a sparse file, whose size says nothing of what it holds"
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "is a device or a pipe, not a file"
	}
	return "is a member of an unknown kind"
}

// tarBody is the content of the member that Next returned.
type tarBody Tar

func (b *tarBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF && b.err == nil {
		b.err = err
	}
	return n, err
}

// tarInput remembers how what is read ended: package tar takes an archive
// without an end mark for a whole one.
type tarInput struct {
	r     io.Reader
	zeros int  // bytes read last, up to a block of them
	ended bool // it had no more when more was wanted
}

func (t *tarInput) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if tail := p[max(0, n-tarBlock):n]; n > 0 {
		if zeros := len(tail) - len(bytes.TrimRight(tail, "\x00")); zeros < n {
			t.zeros = zeros
		} else {
			t.zeros = min(t.zeros+zeros, tarBlock)
		}
	}
	t.ended = t.ended || err == io.EOF
	return n, err
}
