// Package experiments runs what is to be compared many times over the same
// documents, and says what came out with how much certainty.
//
//	Corpus       documents whose text has been counted once
//	Loop         df, vectors and a model, one document after the other: the oracle's arithmetic without a log
//	Schedule     in which order, and how often, a run meets the documents
//	Dose, Drift  the experiments
//
// The one rule to keep: a run is a function of the corpus, the setting and its
// seed, and what is concluded was to be tested before the first run. Runs share
// nothing that is written, so they may go beside each other.
package experiments

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
)

// DocumentsMax is how many documents a corpus can hold, at about 200 bytes each
// for short articles.
const DocumentsMax = 5_000_000

// Errors of Load.
var (
	ErrTooFew   = errors.New("too few documents")
	ErrTooMany  = errors.New("too many documents")
	ErrNoLabels = errors.New("no labels to compare")
)

// Corpus is documents with their terms, in the order of their source.
type Corpus struct {
	options   features.Options
	dict      features.Dictionary
	terms     []features.TermCount // of one document after the other
	documents []document
	labels    []string // by number
	numbers   map[string]int32
}

// document is one of a corpus.
type document struct {
	label int32 // number of its name, none if it has none
	terms uint32
	end   uint32
	time  int64 // Unix nanoseconds, or features.NoTime
}

// none is the number of no label.
const none int32 = -1

// Load counts the terms of documents. It fails with the first error of the
// sequence; documents that the pipeline would refuse are left out.
func Load(documents iter.Seq2[tidings.Document, error], o features.Options) (*Corpus, error) {
	c := &Corpus{options: o.Canonical(), numbers: map[string]int32{}}
	tokenizer := features.NewTokenizer(o)
	for d, err := range documents {
		if err != nil {
			return nil, err
		}
		if d.Check() != nil {
			continue
		}
		if len(c.documents) == DocumentsMax {
			return nil, fmt.Errorf("%w: more than %d; take fewer with --limit", ErrTooMany, DocumentsMax)
		}
		x := document{label: none, terms: uint32(len(c.terms)), time: features.NoTime}
		if c.terms, err = tokenizer.Append(c.terms, &c.dict, []byte(d.Title), []byte(d.Text)); err != nil {
			continue
		}
		x.end = uint32(len(c.terms))
		if d.Label != "" {
			x.label = c.number(d.Label)
		}
		if !d.Time.IsZero() {
			x.time = d.Time.UnixNano()
		}
		c.documents = append(c.documents, x)
	}
	return c, nil
}

// number is that of a label, which may be new.
func (c *Corpus) number(label string) int32 {
	n, known := c.numbers[label]
	if !known {
		n = int32(len(c.labels))
		label = strings.Clone(label)
		c.numbers[label], c.labels = n, append(c.labels, label)
	}
	return n
}

// Documents is how many there are.
func (c *Corpus) Documents() int { return len(c.documents) }

// Labels are those that documents have, in the order in which they came.
func (c *Corpus) Labels() []string { return slices.Clone(c.labels) }

// Digest is equal of equal documents in the same order: their terms, labels and
// times.
func (c *Corpus) Digest() string {
	var h xxhash.Digest
	h.Reset()
	var b []byte
	for i := range c.documents {
		d := &c.documents[i]
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(d.time))
		b = binary.LittleEndian.AppendUint32(b, uint32(d.label))
		for _, t := range c.terms[d.terms:d.end] {
			b = binary.LittleEndian.AppendUint64(b, c.dict.Hash(t.Ref))
			b = binary.LittleEndian.AppendUint32(b, t.Count)
		}
		_, _ = h.Write(b)
	}
	for _, l := range c.labels {
		_, _ = h.WriteString(l + "\x00")
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Check refuses a corpus that is too small for an experiment, or has nothing to
// tell apart.
func (c *Corpus) Check(documentsMin int) error {
	if len(c.documents) < documentsMin {
		return fmt.Errorf("%w: %d documents, the experiment needs %d; give it a larger source", ErrTooFew, len(c.documents), documentsMin)
	}
	switch len(c.labels) {
	case 0:
		return fmt.Errorf("%w: none of %d documents has one; an experiment needs labelled documents", ErrNoLabels, len(c.documents))
	case 1:
		return fmt.Errorf("%w: all labels are %q; an experiment needs two or more", ErrNoLabels, c.labels[0])
	}
	return nil
}
