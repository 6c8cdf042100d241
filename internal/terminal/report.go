package terminal

import (
	"io"
	"time"

	"tidings"
	"tidings/eval/metric"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Report is everything that the end of a run tells. Every part may be left
// out; what is not there is not spoken of.
type Report struct {
	Summary   pipeline.Summary
	Confusion *metric.Confusion // of first predictions
	Reasons   map[tidings.Reason]uint64
	Windows   map[string][]topics.Window // the last few of each definition, oldest first
	Counts    []topics.Counts            // by definition, over all partitions
	Alarms    []pipeline.Alarm           // of change, the last few, oldest first
	Examples  []Example
	Elapsed   time.Duration // of this process; 0: unknown
	Notes     []string      // what a person should know, such as that nothing was left to do
}

// Example is a document that the model was asked about once more, as it is
// now.
type Example struct {
	Prediction tidings.Prediction
	Headline   string
	Terms      []Term // that decided, strongest first
}

// Term is one feature's part in a prediction.
type Term struct {
	Text   string  // a word; one that begins with '^' is a word of the title
	Weight float64 // what it adds to the score of the predicted label; a negative one speaks against it
}

// Render writes the report for people, in one Write, whose error it returns.
// Nothing in it can steer the terminal, wherever it came from, and no line is
// wider than the options allow.
func Render(w io.Writer, r Report, o Options) error {
	p := &page{width: o.width(w) - margin, color: o.Color}
	p.headline(r)
	p.labels(r)
	p.matrix(r)
	p.examples(r)
	p.topics(r)
	p.drift(r)
	p.refusals(r)
	p.digests(r)
	_, err := w.Write(p.buf.Bytes())
	return err
}
