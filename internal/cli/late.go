package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tidings/internal/ingest"
	"tidings/pipeline"
)

// LateFlags let the labels of a source come later than its documents.
type LateFlags struct {
	LabelDelay    string `name:"label-delay" placeholder:"1000docs|24h" help:"Take the labels off the documents and let each come later, by itself: behind so many further documents (1000docs), or when a document comes that is so much newer (24h, 7d; event time). Default: 0, each label comes with its document."`
	LabelFraction string `name:"label-fraction" placeholder:"10%" help:"Let only so many of the documents have their label. Which ones, their ids and --label-seed decide. Default: 100%."`
	LabelSeed     uint64 `name:"label-seed" default:"0" placeholder:"N" help:"Seed of the choice of --label-fraction. Default: ${default}."`
}

// Delay reads the flags.
func (f *LateFlags) Delay() (d ingest.Delay, err error) {
	d.Seed = f.LabelSeed
	switch text, docs := strings.CutSuffix(f.LabelDelay, "docs"); {
	case text == "" || text == "0":
	case docs:
		n, err := strconv.ParseUint(strings.ReplaceAll(text, "_", ""), 10, 64)
		if err != nil || n > ingest.DelayedMax {
			return d, &UsageError{fmt.Errorf("--label-delay %q: write so many documents, up to %d, as in 1000docs, or a time, as in 24h or 7d", f.LabelDelay, ingest.DelayedMax)}
		}
		d.Documents = n
	default:
		if d.Time, err = pipeline.ParseDays(text); err != nil {
			return d, &UsageError{fmt.Errorf("--label-delay %q: write so many documents, as in 1000docs, or a time, as in 24h or 7d", f.LabelDelay)}
		}
	}
	if f.LabelFraction == "" {
		return d, nil
	}
	text, percent := strings.CutSuffix(f.LabelFraction, "%")
	d.Fraction, err = strconv.ParseFloat(text, 64)
	if percent {
		d.Fraction /= 100
	}
	if err != nil || !(d.Fraction > 0) || d.Fraction > 1 {
		return d, &UsageError{fmt.Errorf("--label-fraction %q: write a share above 0, up to 100%%, as in 10%%", f.LabelFraction)}
	}
	return d, nil
}

// WaitFlags say how long late labels are waited for.
type WaitFlags struct {
	LabelWait string `name:"label-wait" placeholder:"20000docs|30d" help:"Keep the features of the last documents for labels that come later: of so many documents (20000docs), of those not older than a time behind the newest (30d), within so many bytes (256MB); several with commas between. 0: late labels are not learnt. Default: 20000docs,64MiB."`
}

func (f *WaitFlags) wait() (pipeline.LabelWait, error) {
	w, err := pipeline.ParseLabelWait(f.LabelWait)
	if err != nil {
		return w, &UsageError{err}
	}
	return w, nil
}

// Late lets a source's labels come later, as the flags say: then it is a source
// of its own, for its documents are others.
func (f *LateFlags) Late(s *Source) (ingest.Delay, error) {
	d, err := f.Delay()
	if err != nil {
		return d, err
	}
	if f.LabelDelay != "" && (d.Documents > 0 || d.Time > 0) && !s.Resumable {
		return d, &UsageError{errors.New("--label-delay is for sources that can be read again from where they stopped, so that no label is lost: standard input and feeds cannot; name a file")}
	}
	s.Name += d.Name()
	return d, nil
}

// Given lists the flags that only a source to read can use.
func (f *LateFlags) Given() (flags []string) {
	if f.LabelDelay != "" {
		flags = append(flags, "--label-delay")
	}
	if f.LabelFraction != "" {
		flags = append(flags, "--label-fraction")
	}
	if f.LabelSeed != 0 {
		flags = append(flags, "--label-seed")
	}
	return flags
}
