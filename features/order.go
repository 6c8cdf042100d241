package features

// Gap stands in the order of a document's words where two words are no
// neighbours: anything but white space or a hyphen is between them, or a word
// that is no term, or they are of title and text. It is no reference.
const Gap = ^uint32(0)

// OrderMax is how many words and gaps of a document's order are handed over; what
// comes behind is not. It bounds what a long document makes of a record.
const OrderMax = 1 << 12

// order notes a document's words one after the other. A nil one notes nothing.
type order struct {
	refs  []uint32
	start int // of the document
}

// AppendOrdered is Append, and appends the references of the document's words to
// order as they follow each other in the title, then in the text, Gap between
// those that are no neighbours, and none at the ends. Words of the title are
// there once. Pairs of characters, of scripts without spaces, stand alone. There
// is no order where options make no term of a single word.
func (t *Tokenizer) AppendOrdered(dst []TermCount, refs []uint32, dict *Dictionary, title, text []byte) ([]TermCount, []uint32, error) {
	t.ordered = order{refs, len(refs)}
	t.order = &t.ordered
	dst, err := t.Append(dst, dict, title, text)
	noted := t.ordered.refs
	t.order, t.ordered = nil, order{}
	if err != nil {
		return dst, refs, err
	}
	if n := len(noted); n > len(refs) && noted[n-1] == Gap {
		noted = noted[:n-1]
	}
	return dst, noted, nil
}

// word notes the next word.
func (o *order) word(ref uint32) {
	if o != nil && len(o.refs)-o.start < OrderMax {
		o.refs = append(o.refs, ref)
	}
}

// alone notes a pair of characters.
func (o *order) alone(ref uint32) {
	o.gap()
	o.word(ref)
	o.gap()
}

// gap parts the words on both sides of it, if there are any.
func (o *order) gap() {
	if o == nil {
		return
	}
	if n := len(o.refs); n > o.start && n-o.start < OrderMax && o.refs[n-1] != Gap {
		o.refs = append(o.refs, Gap)
	}
}

// between notes what stands between two words.
func (o *order) between(text []byte) {
	if o != nil && !joins(text) {
		o.gap()
	}
}

// joins tells whether words with this between them are neighbours.
func joins(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\r', '-':
		default:
			return false
		}
	}
	return true
}
