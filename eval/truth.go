package eval

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/eval/metric"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// TruthDocumentsMax is how many documents a Truth can hold, at about 30 bytes
// each.
const TruthDocumentsMax = 20_000_000

// ErrTooLong reports that a log has more documents than a Truth can hold.
var ErrTooLong = errors.New("the log is too long to compare runs over it")

// Truth is what the oracle says of a log, document by document: what trials
// over the same log are compared with. It is not changed any more once it is
// made, and may be used by several goroutines.
type Truth struct {
	Tally *pipeline.Tally

	documents []answer // in log order
	names     []string // of labels, by number
	numbers   map[string]uint32
	windows   map[windowName]string // their popular topics
	shares    map[windowName][]topics.Share
	df        map[uint64]uint32 // at the end, by the hash of the term
	counted   uint64            // the sum of df
	bits      uint64            // digest of all that was predicted
	model     model.Model       // at the end
	test      metric.Confusion  // of documents that were held out
}

// answer is the oracle's prediction of one document.
type answer struct {
	position tidings.Position
	label    uint32 // number of its name
	held     uint32 // likewise of the label that it had before it was held out; that of "": it was not
}

// windowName is what no two windows share.
type windowName struct {
	definition, key string
	number          int64
}

// NewTruth feeds a pipeline's log, up to its present end, to the oracle.
func NewTruth(ctx context.Context, b *broker.Broker, p pipeline.Plan) (*Truth, error) {
	return NewTruthOf(ctx, b, p, nil)
}

// NewTruthOf is NewTruth of a log of which some documents were held out.
func NewTruthOf(ctx context.Context, b *broker.Broker, p pipeline.Plan, held *HeldOut) (*Truth, error) {
	o, err := NewOracle(p)
	if err != nil {
		return nil, err
	}
	t := &Truth{numbers: map[string]uint32{}, windows: map[windowName]string{}, shares: map[windowName][]topics.Share{}, df: map[uint64]uint32{}}
	var bits bitsDigest
	long := false
	o.Each = func(e *pipeline.Entry, df []uint32) {
		if len(t.documents) == TruthDocumentsMax {
			long = true
			return
		}
		t.add(e, held.label(e.ID))
		bits.add(e)
		for i, term := range o.unit.TermsOf(e) {
			t.df[o.unit.Dict.Hash(term.Ref)] = df[i]
		}
	}
	o.Window = func(w topics.Window) {
		if !w.Provisional {
			name := windowName{w.Definition, w.Key, w.Number}
			t.windows[name], t.shares[name] = popular(w), slices.Clone(w.Shares)
		}
	}
	if err := o.Replay(ctx, b, p.Pipeline); err != nil {
		return nil, err
	}
	if long {
		return nil, fmt.Errorf("%w: it has more than %d documents; take fewer with --limit", ErrTooLong, TruthDocumentsMax)
	}
	for _, n := range t.df {
		t.counted += uint64(n)
	}
	t.Tally, t.bits, t.model = o.Tally, bits.sum(), o.Model()
	return t, nil
}

// Labels are those that the oracle has learnt, in the order in which they came.
func (t *Truth) Labels() []string { return t.model.Labels() }

// add takes what the oracle says of a document, and the label that it would have
// had if it had not been held out.
func (t *Truth) add(e *pipeline.Entry, held string) {
	t.documents = append(t.documents, answer{e.Position, t.number(e.Label), t.number(held)})
	if held != "" {
		t.test.Add(held, e.Label)
	}
}

// number is that of a label's name.
func (t *Truth) number(label string) uint32 {
	n, known := t.numbers[label]
	if !known {
		n = uint32(len(t.names))
		label = strings.Clone(label)
		t.numbers[label], t.names = n, append(t.names, label)
	}
	return n
}

// popular lists the popular topics of a window, whatever their order.
func popular(w topics.Window) string {
	var labels []string
	for _, s := range w.Shares {
		if s.Popular {
			labels = append(labels, s.Label)
		}
	}
	slices.Sort(labels)
	return strings.Join(labels, "\x00")
}

// variation is the total variation between the shares of two windows, in points of
// a hundred: half the sum over labels of what they are apart.
func variation(a, b []topics.Share) float64 {
	of := func(all []topics.Share, label string) (share float64, has bool) {
		for _, s := range all {
			if s.Label == label {
				return s.Share, true
			}
		}
		return 0, false
	}
	apart := 0.0
	for _, s := range a {
		other, _ := of(b, s.Label)
		apart += math.Abs(s.Share - other)
	}
	for _, s := range b {
		if _, has := of(a, s.Label); !has {
			apart += s.Share
		}
	}
	return 100 * apart / 2
}

// bitsDigest hashes predictions with every bit of theirs. The zero value is
// empty.
type bitsDigest struct {
	digest xxhash.Digest
	begun  bool
	buf    []byte
}

func (d *bitsDigest) add(e *pipeline.Entry) {
	if !d.begun {
		d.digest.Reset()
		d.begun = true
	}
	b := binary.LittleEndian.AppendUint64(d.buf[:0], e.Position.Sequence)
	b = binary.LittleEndian.AppendUint32(b, e.Position.Line)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(e.Probability))
	b = binary.LittleEndian.AppendUint64(b, e.Version)
	b = append(append(b, e.Label...), 0)
	_, _ = d.digest.Write(b)
	d.buf = b
}

func (d *bitsDigest) sum() uint64 {
	if !d.begun {
		d.digest.Reset()
	}
	return d.digest.Sum64()
}
