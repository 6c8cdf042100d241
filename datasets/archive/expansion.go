package archive

import (
	"fmt"
	"io"
)

// Limits of what compressed content may become. Text compresses to a tenth or
// a twentieth; deflate cannot do better than a thousandth, and comes near it
// for bombs alone.
const (
	ExpandRatioMax  = 200       // bytes for each compressed one
	ExpandFreeBytes = 256 << 20 // that come before the ratio is looked at
)

// BombError reports that content expands beyond all measure. Memory was never
// in danger, for content is a stream; time and what is filled by it are.
type BombError struct{ Bytes int64 }

func (e *BombError) Error() string {
	return fmt.Sprintf("it expanded to %d MiB, more than %d times its compressed size, as a bomb does", e.Bytes>>20, ExpandRatioMax)
}

// Expansion compares the compressed bytes of some content with what they
// become. The zero value is ready.
type Expansion struct {
	compressed, expanded int64
	err                  error // a *BombError, which stays
}

// Compressed counts what is read from r as compressed bytes.
func (e *Expansion) Compressed(r io.Reader) io.Reader { return &compressed{r: r, e: e} }

// Expanded gives what r gives, until it is too much: then a *BombError.
func (e *Expansion) Expanded(r io.Reader) io.Reader { return &expanded{r: r, e: e} }

type compressed struct {
	r io.Reader
	e *Expansion
}

func (c *compressed) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.e.compressed += int64(n)
	return n, err
}

type expanded struct {
	r io.Reader
	e *Expansion
}

func (x *expanded) Read(p []byte) (int, error) {
	if x.e.expanded > ExpandFreeBytes && x.e.expanded/ExpandRatioMax > x.e.compressed {
		x.e.err = &BombError{Bytes: x.e.expanded}
		return 0, x.e.err
	}
	n, err := x.r.Read(p)
	x.e.expanded += int64(n)
	return n, err
}
