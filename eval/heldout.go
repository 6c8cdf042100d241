package eval

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/internal/jsonl"
)

// heldOutSeed makes the documents that are held out others than those that
// something else draws by their ids.
const heldOutSeed = 0x7e57

// HeldOut takes the labels off a share of a source's documents, and keeps them:
// what a pipeline says of these tells how good its model is for documents that it
// was never trained on. They are drawn by their ids, so that a source that is
// read again loses the same ones. The zero value takes none. It belongs to one
// goroutine until the source has been read, and is not changed any more then.
type HeldOut struct {
	Share float64 // of all documents, 0 to 1

	labels map[string]string // by id; "" of an id that came with two
}

// Take takes the label off a document, if it is one of them.
func (h *HeldOut) Take(d *tidings.Document) {
	if h == nil || !h.draws(d.ID) {
		return
	}
	label := d.Label
	if label == "" && len(d.Labels) > 0 {
		label = d.Labels[0]
	}
	d.Label, d.Labels = "", nil
	if h.labels == nil {
		h.labels = map[string]string{}
	}
	label = jsonl.Label(label)
	if had, known := h.labels[d.ID]; known && had != label {
		label = ""
	}
	h.labels[strings.Clone(d.ID)] = label
}

func (h *HeldOut) draws(id string) bool {
	var x xxhash.Digest
	x.ResetWithSeed(heldOutSeed)
	_, _ = x.WriteString(id)
	return float64(x.Sum64()>>11)/(1<<53) < h.Share
}

// label is the label that a document had, "" of those that kept theirs.
func (h *HeldOut) label(id string) string {
	if h == nil {
		return ""
	}
	return h.labels[id]
}
