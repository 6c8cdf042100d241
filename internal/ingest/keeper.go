package ingest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// keeper stores documents that came in live, and knows which ones have
// entered. It stores a record only behind all those that it has read, so that
// it never takes a document twice, though others write as the same source.
// One goroutine owns it.
type keeper struct {
	live   *Live
	fence  fence
	finder *broker.Finder
	known  *accepted
	labels *accepted // late labels, by their keys
	last   uint64    // sequence of the source's last record, all before are known
	active bool      // documents came, and it was not said since that the source is idle
	total  total
	late   total  // of late labels
	writer string // begins the name of each attempt
	tries  uint64
	rivals int // above 0: others write as the same source, for the next so many records
	runs   datasets.LabelRuns

	unheard []arrival // refused, and nobody would hear of it: rejects to be stored

	decoder jsonl.Decoder
	batch   []arrival
	data    []byte
	ids     map[uint64]struct{}
}

// How the keeper waits.
const (
	awayPause   = 250 * time.Millisecond // between looks at a broker that is away
	rivalPause  = time.Millisecond       // so that others get their turn
	rivalsAgain = 64                     // records for which others are thought to write too
)

func openKeeper(ctx context.Context, l *Live) (*keeper, error) {
	k := &keeper{
		live: l, fence: newFence(l.broker, l.o.Pipeline, LiveSource), known: newAccepted(IDsRemembered), labels: newAccepted(IDsRemembered),
		writer: rand.Text(), ids: make(map[uint64]struct{}),
	}
	var err error
	if k.finder, err = l.broker.Finder(ctx, k.fence.stream); err != nil {
		return nil, err
	}
	label, err := recallRecords(ctx, l.broker, l.o.Pipeline, LiveSource, pipeline.LabelRecord, k.rememberLabels)
	if err != nil {
		return nil, err
	}
	k.late = labelsOf(label)
	if l.labelsOnly {
		err = k.begin(ctx)
		return k, err
	}
	last, err := recall(ctx, l.broker, l.o.Pipeline, LiveSource, k.remember)
	if err != nil {
		return nil, err
	}
	k.last, k.total, k.active = last.Sequence, totalOf(last), last.Sequence > 0
	_, err = k.readOn(ctx, nil)
	k.rivals = 0 // who wrote until now may be gone
	return k, err
}

// begin is for who stores no documents: it need not know which there are.
func (k *keeper) begin(ctx context.Context) error {
	last, err := k.fence.lastRecord(ctx)
	if errors.Is(err, broker.ErrEmpty) {
		return nil
	}
	k.last, k.total = last.Sequence, totalOf(last)
	return err
}

// run stores what comes in until the queue ends. When nothing can be stored
// any more it says so to all who wait, and returns why.
func (k *keeper) run(ctx context.Context) error {
	for {
		var more bool
		if k.batch, more = k.live.dequeue(k.batch[:0]); !more {
			return nil
		}
		if len(k.batch) == 0 {
			k.idle(ctx)
			continue
		}
		err := k.storeAll(ctx, k.batch)
		clear(k.batch)
		if err != nil {
			k.live.shut()
			k.giveUp(err)
			return err
		}
	}
}

// giveUp answers all who wait that nothing can be stored any more.
func (k *keeper) giveUp(err error) {
	k.live.setAway(err)
	for {
		var more bool
		if k.batch, more = k.live.dequeue(k.batch[:0]); !more {
			return
		}
		k.fail(k.batch, err)
	}
}

// noun is what a batch is of.
func noun(batch []arrival) string {
	if len(batch) > 0 && batch[0].late {
		return "label"
	}
	return "document"
}

func (k *keeper) fail(batch []arrival, err error) {
	unavailable(batch, fmt.Sprintf("%v; the %s is not known to be stored: send it again, it enters once", err, noun(batch)))
	k.live.settle(batch)
}

// storeAll stores a batch in as many records as its kinds and ids need, mostly
// one. On an error all of it is answered too.
func (k *keeper) storeAll(ctx context.Context, batch []arrival) error {
	for len(batch) > 0 {
		n := k.distinct(batch)
		if err := k.store(ctx, batch[:n]); err != nil {
			k.fail(append(batch[n:], k.unheard...), err)
			return err
		}
		batch = batch[n:]
	}
	rejects := k.unheard
	k.unheard = nil
	for i := range rejects {
		if err := k.store(ctx, rejects[i:i+1]); err != nil {
			k.fail(rejects[i+1:], err)
			return err
		}
	}
	return nil
}

// distinct is how many of the first arrivals can stand in one record: one
// reject, or documents of different ids, or late labels of different keys.
func (k *keeper) distinct(batch []arrival) int {
	if batch[0].reject {
		return 1
	}
	clear(k.ids)
	for i := range batch {
		if _, twice := k.ids[batch[i].id]; twice || batch[i].reject || batch[i].late != batch[0].late {
			return i
		}
		k.ids[batch[i].id] = struct{}{}
	}
	return len(batch)
}

// store stores documents of different ids, or a reject, and answers. The error
// means that nothing can be stored any more.
func (k *keeper) store(ctx context.Context, batch []arrival) error {
	for {
		if batch = k.fresh(batch); len(batch) == 0 {
			return nil
		}
		err := k.put(ctx, batch)
		stored := err == nil
		switch {
		case errors.Is(err, broker.ErrConflict):
			if stored, err = k.catchUp(ctx, batch); errors.Is(err, broker.ErrNoBroker) {
				stored, err = k.find(ctx, batch, stored, err)
			}
		case errors.Is(err, broker.ErrUnknown), errors.Is(err, broker.ErrNoBroker):
			stored, err = k.find(ctx, batch, false, err)
		case errors.Is(err, broker.ErrTooLarge), errors.Is(err, broker.ErrFull):
			return k.without(ctx, batch, err)
		}
		if err != nil {
			k.fail(batch, err)
			return err
		}
		if stored {
			k.live.setAway(nil)
			k.live.settle(batch)
			k.giveWay(ctx)
			return nil
		}
	}
}

// without is for a batch that the broker does not take.
func (k *keeper) without(ctx context.Context, batch []arrival, cause error) error {
	switch {
	case errors.Is(cause, broker.ErrFull):
		k.live.setAway(cause)
		unavailable(batch, fmt.Sprintf("%v; the %s was not stored: make room, and send it again", cause, noun(batch)))
	case len(batch) > 1:
		half := len(batch) / 2
		err := k.store(ctx, batch[:half])
		if err != nil {
			k.fail(batch[half:], err)
			return err
		}
		return k.store(ctx, batch[half:])
	default:
		a := batch[0].answer
		a.refuse(tidings.ReasonTextTooLong, fmt.Sprintf("%s: %v", batch[0].request.form.place(a.Line), cause))
		k.live.once("large", a.Detail)
	}
	k.live.settle(batch)
	return nil
}

// fresh answers for documents whose ids have entered, and returns the others.
func (k *keeper) fresh(batch []arrival) []arrival {
	if batch[0].reject {
		return batch
	}
	var old []arrival
	left := batch[:0]
	for _, a := range batch {
		if a.late {
			if p, known := k.labels.find(a.id); known && p.hash == a.hash {
				a.answer.accept(p.position, true)
				old = append(old, a)
			} else {
				left = append(left, a)
			}
			continue
		}
		p, known := k.known.find(a.id)
		switch {
		case !known:
			left = append(left, a)
			continue
		case p.hash == a.hash:
			a.answer.accept(p.position, true)
		default:
			f := a.request.form
			a.answer.refuse(tidings.ReasonDuplicateID, fmt.Sprintf("%s: another document has the id %q, at %s; this one is left out", f.place(a.answer.Line), a.answer.ID, p.position))
			if !f.asks && a.turn() == nil {
				k.live.refused(a.answer.Detail)
				k.unheard = append(k.unheard, a)
				continue
			}
		}
		old = append(old, a)
	}
	if len(old) > 0 {
		k.live.settle(old)
	}
	return left
}

// put stores a batch behind the source's last record.
func (k *keeper) put(ctx context.Context, batch []arrival) error {
	k.data = k.data[:0]
	for i := range batch {
		k.data = append(append(k.data, batch[i].line...), '\n')
	}
	k.data = k.data[:len(k.data)-1]
	kind, sum, late := pipeline.ArticleRecord, k.total.plus(len(batch), len(k.data)), k.late
	switch {
	case batch[0].reject:
		kind, sum = pipeline.RejectRecord, k.total
	case batch[0].late:
		kind, sum, late = pipeline.LabelRecord, k.total, late.plus(len(batch), len(k.data))
	}
	k.tries++
	h := broker.Header{headerCursor: {strconv.FormatUint(sum.documents, 10)}, headerWriter: {k.attempt()}, headerTotal: {sum.String()}}
	if late.documents > 0 {
		h[headerLabels] = []string{late.String()}
	}
	sequence, err := k.fence.put(ctx, k.live.o.Pipeline.LogSubject(kind, LiveSource), k.last, h, k.data)
	if err == nil {
		k.stored(batch, sequence)
		k.last, k.total, k.late = sequence, sum, late
		k.heard(kind)
	}
	return err
}

// heard notes that a record of a kind was stored, by whomever.
func (k *keeper) heard(kind string) {
	if kind == pipeline.ArticleRecord {
		k.active = true
		k.live.silence.hear()
	}
}

// idle stores that no document came for a while. Where another process has
// stored one meanwhile it reads that, and the while begins anew. A mark that
// cannot be stored now comes the next time.
func (k *keeper) idle(ctx context.Context) {
	if !k.active { // as far as is known here
		_, _ = k.readOn(ctx, nil)
	}
	if !k.active || k.live.silence.left() > 0 {
		return
	}
	k.tries++
	h := broker.Header{headerCursor: {strconv.FormatUint(k.total.documents, 10)}, headerWriter: {k.attempt()}, headerTotal: {k.total.String()}}
	if k.late.documents > 0 {
		h[headerLabels] = []string{k.late.String()}
	}
	sequence, err := k.fence.put(ctx, k.live.o.Pipeline.LogSubject(pipeline.ControlRecord, LiveSource), k.last, h, []byte(pipeline.IdleMark))
	switch {
	case err == nil:
		k.last, k.active = sequence, false
		k.live.o.Notice(idleText(k.live.o.SourceIdle))
	case errors.Is(err, broker.ErrConflict), errors.Is(err, broker.ErrUnknown):
		_, _ = k.readOn(ctx, nil)
	}
}

// attempt names the latest attempt to store a record.
func (k *keeper) attempt() string { return k.writer + "." + strconv.FormatUint(k.tries, 36) }

// stored notes where the batch stands.
func (k *keeper) stored(batch []arrival, sequence uint64) {
	for i := range batch {
		a := &batch[i]
		if a.reject {
			return
		}
		p := tidings.Position{Sequence: sequence, Line: uint32(i)}
		a.answer.accept(p, false)
		if a.late {
			k.labels.add(place{id: a.id, hash: a.hash, position: p})
			continue
		}
		k.known.add(place{id: a.id, hash: a.hash, position: p})
		if text := k.runs.Add(a.label); text != "" {
			k.live.o.Notice(text)
		}
	}
}

// find finds out, when the broker is there again, whether the latest attempt
// was stored, if that is not known.
func (k *keeper) find(ctx context.Context, batch []arrival, stored bool, cause error) (bool, error) {
	for {
		k.live.setAway(cause)
		if err := k.live.o.Clock.Sleep(ctx, awayPause); err != nil {
			return stored, cause
		}
		if !k.live.broker.Connected() {
			continue
		}
		found, err := k.readOn(ctx, batch)
		if stored = stored || found; !errors.Is(err, broker.ErrNoBroker) {
			return stored, err
		}
	}
}

// catchUp is for a conflict: others have stored something.
func (k *keeper) catchUp(ctx context.Context, batch []arrival) (stored bool, err error) {
	from := k.last
	if stored, err = k.readOn(ctx, batch); err == nil && k.last == from {
		err = k.nothingNew(ctx)
	}
	return stored, err
}

// readOn reads what stands behind the last record that is known: others', and
// the latest attempt to store the batch, when it was stored after all.
func (k *keeper) readOn(ctx context.Context, batch []arrival) (stored bool, err error) {
	subject := func(kind string) string { return k.live.o.Pipeline.LogSubject(kind, LiveSource) }
	article, label, control := subject(pipeline.ArticleRecord), subject(pipeline.LabelRecord), subject(pipeline.ControlRecord)
	for {
		r, err := k.finder.From(ctx, k.fence.all, k.last+1)
		switch {
		case errors.Is(err, broker.ErrEmpty):
			return stored, nil
		case err != nil:
			return stored, err
		case r.Header.Get(headerWriter) == k.attempt() && r.Subject == control:
			k.active = false
		case r.Header.Get(headerWriter) == k.attempt():
			stored = true
			k.stored(batch, r.Sequence)
			if r.Subject == article {
				k.heard(pipeline.ArticleRecord)
			}
		default:
			k.rivals = rivalsAgain
			switch r.Subject {
			case article:
				documentsOf(&k.decoder, r, k.remember)
				k.heard(pipeline.ArticleRecord)
			case control:
				k.active = active(k.live.o.Pipeline, LiveSource, r)
			case label:
				k.rememberLabels(r)
			}
		}
		k.last, k.total = r.Sequence, totalOf(r)
		if t := labelsOf(r); t.documents > k.late.documents {
			k.late = t
		}
	}
}

// nothingNew is for a conflict though nothing stands behind the last record
// that is known.
func (k *keeper) nothingNew(ctx context.Context) error {
	last, err := k.fence.lastRecord(ctx)
	switch {
	case errors.Is(err, broker.ErrEmpty):
		k.last = 0 // purged; the documents that were answered keep their positions
		return nil
	case err != nil:
		return err
	case last.Sequence < k.last:
		return fmt.Errorf("the log of %s ends at %d for source %s, where %d was stored: somebody has replaced it; start again", k.live.o.Pipeline, last.Sequence, LiveSource, k.last)
	}
	return k.live.o.Clock.Sleep(ctx, rivalPause) // a replica that lags, or a record that is being stored
}

func (k *keeper) remember(p tidings.Position, id string, hash uint64) {
	k.known.add(place{id: idHash(id), hash: hash, position: p})
}

// rememberLabels remembers the late labels of a record.
func (k *keeper) rememberLabels(r broker.Record) {
	p := tidings.Position{Sequence: r.Sequence}
	for line := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		if label, err := k.decoder.DecodeLabel(line); err == nil {
			k.labels.add(place{id: labelKey(&label, line), hash: xxhash.Sum64(line), position: p})
		}
		p.Line++
	}
}

// giveWay lets others have their turn, as long as there are any: who has just
// stored a record is ahead of those who have to read it first.
func (k *keeper) giveWay(ctx context.Context) {
	if k.rivals > 0 {
		k.rivals--
		_ = k.live.o.Clock.Sleep(ctx, rivalPause)
	}
}
