package topics

import (
	"encoding"
	"encoding/binary"
	"sort"
	"strings"
	"time"
)

// Completeness tells a partition which event time is over: no document before
// it is expected any more, and windows that end there are complete. It is told
// all that the log says of sources, in log order, and is a function of that
// alone, so that all partitions are told the same.
//
// Watermark is the one that there is: punctuations, which each partition works
// out from the log. One that asks others, such as a tracker of records in
// flight, would stand behind the same interface.
type Completeness interface {
	// Document notes a document of a source, which is active from then on; at is
	// its event time, NoTime where it has none that counts.
	Document(source string, at int64)
	// Idle notes that nothing comes from a source at the moment, so that nobody
	// waits for it until it sends again.
	Idle(source string)
	// End notes that a source has ended, and says whether no other is active.
	End(source string) (last bool)
	// Before is the event time before which all is complete, NoTime before
	// there is any. It never goes back.
	Before() int64

	// What was noted is saved with the state. Equal states are equal bytes.
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Limits of a Watermark.
const (
	SourcesMax     = 1_000 // active sources that are told apart
	SourceBytesMax = 256   // of the name of one that is told apart
)

// Watermark is the Completeness that follows from what has come: of each source
// that is active the highest event time since it became so, of these the
// lowest, less the disorder that is allowed. So a source that is behind is
// waited for, until it is idle or ends; and what was over stays over, whoever
// comes then. Where no source is active it stands where the highest of them
// would have brought it. With one source it is the highest event time, less the
// disorder (Akidau et al. 2021, sections 2 and 3).
//
// More than SourcesMax active sources, and those with longer names than
// SourceBytesMax, count as one: the pool. It becomes inactive when one of them
// is idle or ends, and active when one of them sends. While it is active,
// whoever comes anew belongs to it.
type Watermark struct {
	behind  time.Duration
	sources []source // that are active, by name, without the pool
	near    int      // place of the source that was found last; a guess, never trusted
	pool    source   // without a name
	pooled  bool     // the pool is active
	gone    int64    // highest event time of sources that are not active any more
	over    int64    // highest that the lowest of the active ones ever was
}

// source is one that is active.
type source struct {
	name    string
	highest int64 // event time, NoTime before it sent one
}

// NewWatermark returns the watermark before the first document; documents may
// be so much behind the highest event time of their source.
func NewWatermark(outOfOrder time.Duration) *Watermark {
	return &Watermark{behind: outOfOrder, pool: source{highest: NoTime}, gone: NoTime, over: NoTime}
}

// Document is of Completeness.
func (w *Watermark) Document(name string, at int64) {
	s, known := w.find(name)
	if !known {
		s = w.add(name)
	}
	if known && at <= s.highest { // NoTime is less than any time
		return
	}
	another := known && s.highest > w.over // is the lowest
	s.highest = max(s.highest, at)
	if !another {
		w.rise()
	}
}

// Idle is of Completeness. Of a source that is not active it changes nothing,
// unless that may be one of the pool.
func (w *Watermark) Idle(name string) {
	w.leave(name)
	w.rise()
}

// End is of Completeness.
func (w *Watermark) End(name string) (last bool) {
	w.Idle(name)
	return len(w.sources) == 0 && !w.pooled
}

// Before is of Completeness.
func (w *Watermark) Before() int64 { return less(w.over, w.behind) }

// less is an event time so much earlier, or NoTime where that cannot be told.
func less(at int64, behind time.Duration) int64 {
	if at < NoTime+int64(behind) {
		return NoTime
	}
	return at - int64(behind)
}

// rise brings the watermark to where the active sources are by now.
func (w *Watermark) rise() {
	lowest := NoTime
	for i := range w.sources {
		lowest = lower(lowest, w.sources[i].highest)
	}
	if w.pooled {
		lowest = lower(lowest, w.pool.highest)
	}
	if lowest == NoTime {
		lowest = w.gone
	}
	w.over = max(w.over, lowest)
}

// lower is the earlier of two event times, or the one that is any.
func lower(a, b int64) int64 {
	if a == NoTime || b != NoTime && b < a {
		return b
	}
	return a
}

// search is where a source stands or would.
func (w *Watermark) search(name string) int {
	return sort.Search(len(w.sources), func(i int) bool { return w.sources[i].name >= name })
}

// find returns what is known of a source, and whether it is active: its own, or
// that of the pool.
func (w *Watermark) find(name string) (*source, bool) {
	if w.near < len(w.sources) && w.sources[w.near].name == name {
		return &w.sources[w.near], true
	}
	if i := w.search(name); i < len(w.sources) && w.sources[i].name == name {
		w.near = i
		return &w.sources[i], true
	}
	return &w.pool, w.pooled
}

// add makes a source active, in the pool where there is no room.
func (w *Watermark) add(name string) *source {
	if len(w.sources) >= SourcesMax || len(name) > SourceBytesMax {
		w.pooled = true
		return &w.pool
	}
	i := w.search(name)
	w.sources = append(w.sources, source{})
	copy(w.sources[i+1:], w.sources[i:])
	w.sources[i] = source{name: strings.Clone(name), highest: NoTime} // the name may be a piece of a message
	w.near = i
	return &w.sources[i]
}

// leave takes a source out of the active ones.
func (w *Watermark) leave(name string) {
	s, active := w.find(name)
	if !active {
		return
	}
	w.gone = max(w.gone, s.highest)
	if s == &w.pool {
		w.pooled, w.pool.highest = false, NoTime
		return
	}
	last := len(w.sources) - 1
	copy(w.sources[w.near:], w.sources[w.near+1:])
	w.sources[last] = source{}
	w.sources = w.sources[:last]
}

// watermarkBytesMax is more than a saved Watermark takes.
const watermarkBytesMax = 64 + SourcesMax*(SourceBytesMax+2*binary.MaxVarintLen64)

// AppendBinary is of Completeness.
func (w *Watermark) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendVarint(b, w.over)
	b = binary.AppendVarint(b, w.gone)
	if w.pooled {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.AppendVarint(b, w.pool.highest)
	b = binary.AppendUvarint(b, uint64(len(w.sources)))
	for _, s := range w.sources {
		b = appendText(b, s.name)
		b = binary.AppendVarint(b, s.highest)
	}
	return b, nil
}

// UnmarshalBinary is of Completeness. What is wrong leaves the watermark as it
// was.
func (w *Watermark) UnmarshalBinary(b []byte) error {
	d := decoder{rest: b}
	r := NewWatermark(w.behind)
	r.over, r.gone = d.varint(), d.varint()
	r.pooled = d.upTo(1) == 1
	r.pool.highest = d.varint()
	d.need(r.pooled || r.pool.highest == NoTime)
	for range d.upTo(SourcesMax) {
		s := source{name: d.text(SourceBytesMax), highest: d.varint()}
		d.need(len(r.sources) == 0 || r.sources[len(r.sources)-1].name < s.name)
		if d.err != nil {
			return d.err
		}
		r.sources = append(r.sources, s)
	}
	d.need(len(d.rest) == 0)
	if d.err == nil {
		*w = *r
	}
	return d.err
}
