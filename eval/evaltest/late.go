package evaltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"tidings/internal/broker"
	"tidings/pipeline"
)

// FillLate puts documents into a pipeline's log as Fill does, but the labels of
// four in five come so many documents later, as records of their own. Among them
// are some that come twice, that correct one, that come for a document that
// never was, or much too late, and lines that are none.
func FillLate(tb testing.TB, b *broker.Broker, name pipeline.Name, documents [][]byte, pack, delay int) {
	tb.Helper()
	if err := b.CreateStream(tb.Context(), name.LogStream()); err != nil {
		tb.Fatal(err)
	}
	last, err := b.LastSequence(tb.Context(), name.LogStream().Name)
	if err != nil {
		tb.Fatal(err)
	}
	a := b.Appender(name.LogStream().Name, last)
	defer a.Close()
	put := func(kind string, data []byte) {
		if err := a.Append(name.LogSubject(kind, "test"), nil, data); err != nil {
			tb.Fatal(err)
		}
	}
	var waiting [][]byte
	for i := 0; i < len(documents); i += pack {
		var lines [][]byte
		for j, line := range documents[i:min(i+pack, len(documents))] {
			line, label := split(tb, line, i+j)
			lines, waiting = append(lines, line), append(waiting, label)
		}
		put(pipeline.ArticleRecord, bytes.Join(lines, []byte{'\n'}))
		for len(waiting) > delay {
			n := min(len(waiting)-delay, pack)
			var labels [][]byte
			for _, label := range waiting[:n] {
				if label != nil {
					labels = append(labels, label)
				}
			}
			waiting = waiting[n:]
			if i%(13*pack) == 0 {
				labels = append(labels, odd(i)...)
			}
			if len(labels) > 0 {
				put(pipeline.LabelRecord, bytes.Join(labels, []byte{'\n'}))
			}
		}
	}
	put(pipeline.ControlRecord, nil)
	put(pipeline.ControlRecord, nil)
	if err := errors.Join(a.Wait(tb.Context())); err != nil {
		tb.Fatal(err)
	}
}

// split takes the label off a document, but of every fifth.
func split(tb testing.TB, line []byte, i int) (document, label []byte) {
	if i%5 == 0 {
		return line, nil
	}
	fields := map[string]any{}
	if err := json.Unmarshal(line, &fields); err != nil {
		tb.Fatal(err)
	}
	said := fields["label"]
	delete(fields, "label")
	document, err := json.Marshal(fields)
	if err != nil {
		tb.Fatal(err)
	}
	if said == "" {
		return document, nil
	}
	return document, fmt.Appendf(nil, `{"id":%q,"label":%q,"by":"ann"}`, fields["id"], said)
}

// odd are labels that are not as they should be.
func odd(i int) [][]byte {
	id := func(n int) string { return fmt.Sprintf("d%d", max(1, n)) }
	return [][]byte{
		fmt.Appendf(nil, `{"id":%q,"label":"science"}`, id(i-60)),
		fmt.Appendf(nil, `{"id":%q,"label":" science"}`, id(i-60)),
		fmt.Appendf(nil, `{"id":%q,"label":"sport"}`, id(i-61)),
		fmt.Appendf(nil, `{"id":%q,"label":"sport"}`, id(i-700)),
		fmt.Appendf(nil, `{"id":"nobody-%d","label":"sport"}`, i),
		[]byte(`{"id":"d1"}`),
		[]byte(`no JSON`),
	}
}
