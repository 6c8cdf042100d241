package datasets

import (
	"bufio"
	"bytes"
	"io"
	"path"
	"path/filepath"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"tidings/datasets/archive"
)

// place says where some text stands, and what that makes of it.
type place struct {
	file    string // as it is told
	name    string // of the file alone, without folders
	id      string // of a document that is a whole file
	folder  string // that the file stands in; "" when there is none
	label   string // of a document without any other; "" when folders are no labels
	among   bool   // one of several files, of which each may be a document
	waiting bool   // its next line may be hours away
}

// newPlace is the place of a file that stands in a folder of the file system.
func newPlace(file, id string) place {
	p := place{file: file, name: filepath.Base(file), id: id}
	if whole, err := filepath.Abs(file); err == nil {
		p.folder = archive.Clean(filepath.Base(filepath.Dir(whole)))
	}
	return p
}

// inside is the place of a member of an archive.
func (p place) inside(member string, several bool) place {
	in := place{file: p.file + ":" + member, name: path.Base(member), id: member, among: true}
	if several {
		in.id = p.id + ":" + member
	}
	if folder := path.Dir(member); folder != "." {
		in.folder = path.Base(folder)
	}
	in.label = in.folder
	return in
}

// text is what a file or a member holds, uncompressed and in UTF-8.
type text struct {
	place
	compression string
	stream      *stream
	r           *bufio.Reader
	head        []byte // how it begins; valid until r is read
	whole       *bytes.Buffer
	format      string
}

// buffers are used again for one file after another.
type buffers struct {
	raw, text, decoded *bufio.Reader
	whole              bytes.Buffer // of files that are one document
}

// over makes a buffer read from r; size is that of a new one.
func over(b **bufio.Reader, r io.Reader, size int) *bufio.Reader {
	if *b == nil {
		*b = bufio.NewReaderSize(r, size)
	} else {
		(*b).Reset(r)
	}
	return *b
}

// open begins to read r, which is what stands at p. The error says that it
// cannot be read at all, or is not text.
func (b *buffers) open(p place, r io.Reader) (*text, error) {
	var expansion archive.Expansion
	plain, compression, err := decompress(p.file, over(&b.raw, expansion.Compressed(r), HeadBytesMax))
	if err != nil {
		return nil, err
	}
	if compression != "" {
		plain = expansion.Expanded(plain)
	}
	t := &text{place: p, compression: compression, whole: &b.whole, stream: &stream{r: plain, file: p.file, compression: compression}}
	t.r = over(&b.text, t.stream, 2*HeadBytesMax)
	t.look()
	if len(t.head) == 0 && t.stream.err == io.EOF && compression == "" && !p.waiting && compressedName(p.file) {
		return nil, &fault{file: p.file, what: " is empty, not even a compressed file without rows; fetch or write it again", broken: true}
	}
	return t, nil
}

// look looks at the beginning.
func (t *text) look() { t.head = peekHead(t.r, !t.waiting) }

// decode turns UTF-16, which a byte order mark tells, into UTF-8, and passes
// over the mark of either.
func (b *buffers) decode(t *text) {
	const little, big, mark32 = "\xff\xfe", "\xfe\xff", "\xff\xfe\x00\x00"
	switch {
	case bytes.HasPrefix(t.head, bom):
		t.drop(len(bom))
	case bytes.HasPrefix(t.head, []byte(mark32)): // UTF-32, which is refused
	case bytes.HasPrefix(t.head, []byte(little)), bytes.HasPrefix(t.head, []byte(big)):
		decoder := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		t.r = over(&b.decoded, transform.NewReader(t.r, decoder), 2*HeadBytesMax)
		t.look()
	}
}

// drop passes over bytes of the head.
func (t *text) drop(n int) {
	t.head = t.head[n:]
	_, _ = t.r.Discard(n) // they were peeked at
}

// isTar says whether the text is an archive.
func (t *text) isTar() bool {
	if len(t.head) < archive.TarHeadBytes && bytes.IndexByte(t.head, 0) >= 0 {
		t.head, _ = t.r.Peek(archive.TarHeadBytes) // a pipe gives it in parts
	}
	return archive.IsTar(t.head)
}

// container begins to read a file, which may be an archive. Then the text is
// what it is read from, and nil where that is the file itself.
func (b *buffers) container(p place, in *input) (*text, archive.Reader, error) {
	if in.at != nil {
		var magic [4]byte
		if n, _ := in.at.ReadAt(magic[:], 0); archive.IsZip(magic[:n]) {
			return openZip(p, in)
		}
	}
	t, err := b.open(p, in.from)
	switch {
	case err != nil:
		return nil, nil, err
	case archive.IsZip(t.head) && t.compression != "":
		return nil, nil, faultOf(p.file, "is a zip archive that is compressed once more; uncompress it first: %s -d", t.compression)
	case archive.IsZip(t.head):
		return nil, nil, faultOf(p.file, "is a zip archive, whose table of contents stands at its end: from a pipe it cannot be read; save it and give the file, or pipe in a tar archive")
	case t.isTar():
		return t, archive.NewTar(t.r), nil
	}
	return t, nil, nil
}

func openZip(p place, in *input) (*text, archive.Reader, error) {
	z, err := archive.NewZip(in.at, in.size)
	switch {
	case err != nil:
		return nil, nil, &fault{file: p.file, what: " is a zip archive that is cut off or damaged: " + err.Error() + "; fetch it again", broken: true, err: err}
	case z.Has("[Content_Types].xml"):
		return nil, nil, faultOf(p.file, "is a spreadsheet or another office document; export it as CSV")
	}
	return nil, z, nil
}
