package ingest

import (
	"fmt"

	"tidings/pipeline"
)

// enqueue queues all of a request's documents or, answering so, none.
func (l *Live) enqueue(waiting []arrival) bool {
	size := 0
	for i := range waiting {
		size += waiting[i].size
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.open > 0 && (l.open+len(waiting) > l.o.pendingDocuments || l.bytes+size > l.o.pendingBytes)
	switch {
	case l.closed:
		unavailable(waiting, "the input is stopping; the "+noun(waiting)+" was not taken, send it again")
	case full:
		l.counts.Busy += uint64(len(waiting))
		busy(waiting, fmt.Sprintf("%d documents and labels wait to be stored, the limits are %d and %d bytes; the %s was not taken: send it again in %s", l.open, l.o.pendingDocuments, l.o.pendingBytes, noun(waiting), busyRetry))
	default:
		l.queue = append(l.queue, waiting...)
		l.open += len(waiting)
		l.bytes += size
		l.arrived.Signal()
		return true
	}
	return false
}

func unavailable(waiting []arrival, detail string) {
	for i := range waiting {
		if a := waiting[i].answer; a.Status == "" {
			a.unavailable(detail)
		}
	}
}

func busy(waiting []arrival, detail string) {
	for i := range waiting {
		if a := waiting[i].answer; a.Status == "" {
			a.busy(detail)
		}
	}
}

// dequeue waits for documents and returns as many as one record holds, none
// where nothing came for so long that somebody should know, and no more where
// the queue has ended.
func (l *Live) dequeue(batch []arrival) (_ []arrival, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 {
		if l.closed {
			return nil, false
		}
		if l.silent {
			l.silent = false
			return nil, true
		}
		l.arrived.Wait()
	}
	size := 0
	for _, a := range l.queue {
		if size += len(a.line) + 1; len(batch) > 0 && (size > messageBytes || len(batch) == pipeline.MessageLinesMax) {
			break
		}
		batch = append(batch, a)
	}
	clear(l.queue[:len(batch)])
	if l.queue = l.queue[len(batch):]; len(l.queue) == 0 {
		l.queue = nil
	}
	return batch, true
}

// isSilent is for the watch of silence.
func (l *Live) isSilent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = true
	l.arrived.Signal()
}

// shut lets the queue end.
func (l *Live) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.arrived.Broadcast()
}

// settle tells the requests of documents whose answers are known, and counts.
func (l *Live) settle(batch []arrival) {
	var whole []*request
	l.mu.Lock()
	for i := range batch {
		a := &batch[i]
		l.open--
		l.bytes -= a.size
		l.count(a)
		if a.request.open--; a.request.open == 0 {
			whole = append(whole, a.request)
		}
	}
	counts := l.counts
	l.mu.Unlock()
	for _, r := range whole {
		r.done(r.answers)
	}
	if l.o.Rows != nil {
		l.o.Rows(counts)
	}
}
