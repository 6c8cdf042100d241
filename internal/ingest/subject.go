package ingest

import (
	"fmt"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// message takes what was published on the subject.
func (l *Live) message(m broker.Message) {
	f := form{name: m.Subject, linesMax: pipeline.MessageLinesMax, asks: m.Asks(), late: m.Subject == LabelsSubject(l.o.Pipeline)}
	l.take(m.Data, f, func(answers []Answer) {
		if f.asks {
			_ = m.Answer(bytesOf(answers)) // a client that hears nothing asks again
			return
		}
		l.unheard(answers)
	})
}

func bytesOf(answers []Answer) []byte {
	b := appendAnswers(nil, answers)
	return b[:len(b)-1]
}

// unheard counts documents that did not enter though nobody knows.
func (l *Live) unheard(answers []Answer) {
	lost := uint64(0)
	why := ""
	for i := range answers {
		if s := answers[i].Status; s == Busy || s == Unavailable {
			lost++
			why = answers[i].Detail
		}
	}
	if lost == 0 {
		return
	}
	l.mu.Lock()
	l.counts.Lost += lost
	l.mu.Unlock()
	l.once("lost", fmt.Sprintf("documents or labels were published to %s by somebody who does not wait for an answer, and did not enter (%s): they are lost, and counted; publish with a request (nats request) to know, and to send again", LiveSubject(l.o.Pipeline), why))
}
