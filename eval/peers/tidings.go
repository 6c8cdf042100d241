package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/internal/jsonl"
	"tidings/model"
	"tidings/pipeline"
)

// contend measures one loop of Tidings.
func contend(s settings, out io.Writer) error {
	documents, err := read(s.files[0], s.limit)
	if err != nil {
		return err
	}
	var learn func() (right int, err error)
	switch s.loop {
	case "plain":
		learn = func() (int, error) { return plain(documents) }
	case "oracle":
		records := pack(documents)
		learn = func() (int, error) { return oracle(records) }
	default:
		return fmt.Errorf("loop %q is not known; there are plain and oracle", s.loop)
	}
	runtime.GC()
	began, before := time.Now(), processor()
	right, err := learn()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result{
		Version: version(), Documents: len(documents), Right: right,
		Seconds: time.Since(began).Seconds(), ProcessorSeconds: (processor() - before).Seconds(),
	})
}

// read returns the documents of a file, at most limit of them (0: all).
func read(path string, limit int) (documents []tidings.Document, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 2*tidings.TextBytesMax)
	var decoder jsonl.Decoder
	for lines.Scan() && (limit == 0 || len(documents) < limit) {
		fields, err := decoder.Decode(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, len(documents)+1, err)
		}
		d, err := fields.Document()
		if err == nil {
			err = d.Check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, len(documents)+1, err)
		}
		documents = append(documents, d)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, len(documents)+1, err)
	}
	return documents, nil
}

// frameDocuments share one dictionary of terms, as those of a log message do.
const frameDocuments = pipeline.MessageLinesMax

// plain does what the peers do: it predicts each document, then learns it, with
// the default features and model.
func plain(documents []tidings.Document) (right int, err error) {
	m, err := model.New(model.Default, model.Options{})
	if err != nil {
		return 0, err
	}
	var (
		tokenizer  = features.NewTokenizer(features.Options{})
		vectorizer = features.NewVectorizer(features.Options{})
		df         features.DF
		dictionary features.Dictionary
		counts     []features.TermCount
		ends       []int // of each document's counts
		slots      []uint32
		values     []uint32
		vector     tidings.Vector
		scores     []float64
		seen       uint64
	)
	for start := 0; start < len(documents); start += frameDocuments {
		frame := documents[start:min(start+frameDocuments, len(documents))]
		dictionary.Reset()
		counts, ends = counts[:0], ends[:0]
		for i := range frame {
			if counts, err = tokenizer.Append(counts, &dictionary, []byte(frame[i].Title), []byte(frame[i].Text)); err != nil {
				return 0, err
			}
			ends = append(ends, len(counts))
		}
		slots = df.Resolve(slots, dictionary.Hashes())
		from := 0
		for i, end := range ends {
			values = values[:0]
			for _, term := range counts[from:end] {
				values = append(values, df.Observe(slots[term.Ref]))
			}
			seen++
			vectorizer.Vector(&vector, &dictionary, counts[from:end], values, seen)
			scores = m.Predict(vector, scores)
			if best := model.Best(m.Labels(), scores); best >= 0 && m.Labels()[best] == frame[i].Label {
				right++
			}
			if err := m.Learn(vector, frame[i].Label, scores); err != nil {
				return 0, err
			}
			from = end
		}
	}
	return right, nil
}

// oracle runs the loop that the pipeline is compared with, over records of a
// log: it parses them, and keeps tallies, probabilities and windows as well.
func oracle(records []broker.Record) (right int, err error) {
	o, err := eval.NewOracle(plan())
	if err != nil {
		return 0, err
	}
	o.Each = func(e *pipeline.Entry, _ []uint32) {
		if e.Label == e.Truth {
			right++
		}
	}
	for _, r := range records {
		if err := o.Add(r); err != nil {
			return 0, err
		}
	}
	if o.Tally.DeadLetters > 0 {
		return 0, fmt.Errorf("%d documents are refused", o.Tally.DeadLetters)
	}
	return right, nil
}

func plan() pipeline.Plan { return pipeline.Plan{Pipeline: "peers"}.WithDefaults() }

// pack makes a log of the documents.
func pack(documents []tidings.Document) (records []broker.Record) {
	for start := 0; start < len(documents); start += frameDocuments {
		var lines bytes.Buffer
		for _, d := range documents[start:min(start+frameDocuments, len(documents))] {
			lines.Write(jsonl.Append(nil, &d))
			lines.WriteByte('\n')
		}
		records = append(records, broker.Record{
			Subject: plan().Pipeline.LogSubject(pipeline.ArticleRecord, "file"), Sequence: uint64(len(records) + 1), Data: lines.Bytes(),
		})
	}
	return records
}

// processor is what all threads of this process have taken so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(errors.Join(errors.New("the processor time is not told"), err)) // of one's own process it always is
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// version is what Tidings was built from.
func version() string {
	revision, changed := "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(len(s.Value), 8)]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = ", changed"
			}
		}
	}
	return "Tidings" + revision + changed + ", " + runtime.Version()
}
