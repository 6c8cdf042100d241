package main

import (
	"bufio"
	"encoding/json"
	"io"

	"tidings/internal/cli"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// lineWriter writes results as JSON lines, each with its kind. A nil one
// writes nothing.
type lineWriter struct {
	output  *cli.Output
	w       *bufio.Writer
	json    *json.Encoder
	abstain float64 // predictions below name no label
}

func openLines(path string, stdout io.Writer, abstain float64) (*lineWriter, error) {
	o, err := cli.OpenOutput("--out", path, stdout)
	if o == nil || err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(o, 1<<16)
	return &lineWriter{output: o, w: w, json: json.NewEncoder(w), abstain: abstain}, nil
}

// The kinds of lines.
type (
	predictionLine struct {
		Kind string `json:"kind"`
		pipeline.PredictionLine
	}
	deadLetterLine struct {
		Kind string `json:"kind"`
		pipeline.DeadLetterLine
	}
	windowLine struct {
		Kind string `json:"kind"`
		topics.Window
	}
	lateLine struct {
		Kind string `json:"kind"`
		topics.Late
	}
	promotionLine struct {
		Kind string `json:"kind"`
		pipeline.PromotionLine
	}
	labelLine struct {
		Kind string `json:"kind"`
		pipeline.LabelLine
	}
	alarmLine struct {
		Kind string `json:"kind"`
		pipeline.AlarmLine
	}
)

// is says whether the lines go to the file at path.
func (l *lineWriter) is(path string) bool { return l != nil && l.output.Is(path) }

// begin empties the file.
func (l *lineWriter) begin() error {
	if l == nil {
		return nil
	}
	return l.output.Begin()
}

// unit writes what a stretch of results holds.
func (l *lineWriter) unit(u *pipeline.Unit) error {
	if l == nil {
		return nil
	}
	for i := range u.Entries {
		var err error
		switch e := &u.Entries[i]; e.Kind {
		case pipeline.DocumentEntry:
			err = l.json.Encode(predictionLine{"prediction", pipeline.NewPredictionLine(e.Prediction(), l.abstain)})
		case pipeline.DeadLetter, pipeline.RejectEntry:
			err = l.json.Encode(deadLetterLine{"dead_letter", pipeline.NewDeadLetterLine(e)})
		case pipeline.LabelEntry:
			err = l.json.Encode(labelLine{"label", pipeline.NewLabelLine(e)})
		case pipeline.PromoteEntry:
			err = l.json.Encode(promotionLine{"promotion", pipeline.NewPromotionLine(e)})
		}
		if err != nil {
			return err
		}
	}
	for _, a := range u.AllAlarms() {
		if err := l.json.Encode(alarmLine{"alarm", pipeline.NewAlarmLine(a)}); err != nil {
			return err
		}
	}
	for _, w := range u.AllWindows() {
		if err := l.json.Encode(windowLine{"window", w}); err != nil {
			return err
		}
	}
	for _, late := range u.AllLate() {
		if err := l.json.Encode(lateLine{"late", late}); err != nil {
			return err
		}
	}
	return l.w.Flush()
}

func (l *lineWriter) Close() error {
	if l == nil {
		return nil
	}
	return l.output.Close()
}
