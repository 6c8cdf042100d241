package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidings/pipeline/topics"
)

// WindowFlags say which windows of topics are kept. They belong to a pipeline
// from its creation on.
type WindowFlags struct {
	Window       []string `name:"window" placeholder:"W" complete:"tumbling:24h,sliding:7d/1d,session:6h,count:1000" help:"Windows of topics: of event time tumbling:24h, sliding:7d/1d (of 7 days, one begins each day) and session:6h (it ends when nothing came for 6 hours); of documents count:1000. Repeatable. Default: tumbling:24h and count:1000."`
	WindowBy     string   `name:"window-by" enum:"all,source,label" default:"all" help:"Whose documents share windows: those of all, of each source, or of each predicted label. Windows of all of them close by the same watermark. Default: ${default}."`
	WindowKeys   int      `name:"window-keys" default:"1000" placeholder:"N" help:"How many sources or labels have windows at a time, with --window-by; those of further ones are counted together as (other). Default: ${default}."`
	Popular      Share    `name:"popular" default:"10%" placeholder:"SHARE" help:"A label above this share of a window is popular: 10% or 0.1. Default: ${default}."`
	PopularUntil Share    `name:"popular-until" placeholder:"SHARE" help:"A label that was popular in the window before stays so until its share is below this one, so that it does not come and go. All windows of a kind, or of a source or label, are then made by one partition of topics. Default: as --popular, whatever was before."`
	OutOfOrder   string   `name:"out-of-order" default:"0s" placeholder:"TIME" help:"How much older than the newest a document may be before its window is over. Default: ${default}."`
	Lateness     string   `name:"allowed-lateness" default:"0s" placeholder:"TIME" help:"How much longer a window that is over takes documents. Its result is told when it is over, marked as provisional, and finally when this time has passed too. Default: ${default}."`
	EmitEvery    string   `name:"emit-every" placeholder:"N" complete:"1000docs,1h" help:"Tell provisional results of open windows each N documents (1000docs) or each time that event time has gone on so much (1h). Default: none."`
	SourceEnd    string   `name:"source-end" enum:"close,keep" default:"close" help:"What the end of a source does to open windows: close them, or keep them open for what comes later. Default: ${default}."`
	SessionMax   string   `name:"session-max" default:"30d" placeholder:"TIME" help:"How long a session can be: sessions are cut at its multiples. Default: ${default}."`
	FutureMax    string   `name:"future-max" default:"24h" placeholder:"TIME" complete:"24h,none" help:"How much later than the time at which the log stored it a document's own time may be. One that is further ahead is counted, and in no window of event time: it would close all of them up to there. none: no time is too far ahead. Default: ${default}."`
	Bursts       int      `name:"bursts" default:"0" placeholder:"N" help:"Tell in each window so many terms that rose against the documents before. Default: ${default}."`
	Stories      int      `name:"stories" default:"0" placeholder:"N" help:"Tell in each window so many stories: documents that tell of one event, grouped. Default: ${default}."`
}

// Options reads the flags.
func (f *WindowFlags) Options() (topics.Options, error) {
	o := topics.Options{Popular: float64(f.Popular), PopularUntil: float64(f.PopularUntil), KeepOpen: f.SourceEnd == "keep", Bursts: f.Bursts, Stories: f.Stories}
	errs := []error{f.by(&o)}
	for _, t := range []struct {
		flag, text string
		to         *time.Duration
	}{{"--out-of-order", f.OutOfOrder, &o.OutOfOrder}, {"--allowed-lateness", f.Lateness, &o.Lateness}, {"--session-max", f.SessionMax, &o.SessionMax}} {
		var err error
		if *t.to, err = topics.ParseTime(t.text); err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", t.flag, t.text, err))
		}
	}
	if o.SessionMax == topics.SessionMaxDefault {
		o.SessionMax = 0 // as in plans of before there were sessions
	}
	errs = append(errs, f.futureMax(&o), f.emitEvery(&o))
	for _, w := range f.Window {
		d, err := topics.Parse(w)
		errs = append(errs, err)
		o.Windows = append(o.Windows, d)
	}
	return o, errors.Join(errs...)
}

// futureMax reads --future-max.
func (f *WindowFlags) futureMax(o *topics.Options) error {
	if f.FutureMax == "none" {
		o.FutureMax = topics.AnyFuture
		return nil
	}
	ahead, err := topics.ParseTime(f.FutureMax)
	switch {
	case err != nil:
		return fmt.Errorf("--future-max %q: %w; none is no limit", f.FutureMax, err)
	case ahead == 0:
		return fmt.Errorf("--future-max %q: machines do not agree to the nanosecond; give a time above 0, or none for no limit", f.FutureMax)
	case ahead != topics.FutureMaxDefault: // which plans of before have, too
		o.FutureMax = ahead
	}
	return nil
}

// by reads --window-by and --window-keys.
func (f *WindowFlags) by(o *topics.Options) (err error) {
	if f.WindowBy != "" {
		if o.By, err = topics.ParseBy(f.WindowBy); err != nil {
			return fmt.Errorf("--window-by: %w", err)
		}
	}
	switch {
	case f.WindowKeys < 1 || f.WindowKeys > topics.KeysMaxLimit:
		return fmt.Errorf("--window-keys %d is out of range; choose 1 to %d", f.WindowKeys, topics.KeysMaxLimit)
	case f.WindowKeys == topics.KeysMaxDefault:
	case o.By == topics.ByAll:
		return fmt.Errorf("--window-keys %d is for windows by source or label; add --window-by source or label, or leave it out", f.WindowKeys)
	default:
		o.KeysMax = f.WindowKeys
	}
	return nil
}

// Share is a part of a whole: "10%", "0.1".
type Share float64

// UnmarshalText reads a share.
func (s *Share) UnmarshalText(text []byte) error {
	digits, hundredths := strings.CutSuffix(string(text), "%")
	n, err := strconv.ParseFloat(digits, 64)
	if hundredths {
		n /= 100
	}
	if err != nil || !(n >= 0 && n <= 1) {
		return fmt.Errorf("%q is no share; write 10%% or 0.1", text)
	}
	*s = Share(n)
	return nil
}

// String is the form that UnmarshalText reads.
func (s Share) String() string {
	return strconv.FormatFloat(float64(s), 'g', -1, 64)
}

// emitEvery reads --emit-every.
func (f *WindowFlags) emitEvery(o *topics.Options) (err error) {
	if f.EmitEvery == "" {
		return nil
	}
	if documents, ok := strings.CutSuffix(f.EmitEvery, "docs"); ok {
		o.EmitDocuments, err = strconv.ParseUint(documents, 10, 64)
	} else {
		o.EmitTime, err = topics.ParseTime(f.EmitEvery)
	}
	if err != nil || o.EmitDocuments == 0 && o.EmitTime == 0 {
		return fmt.Errorf("--emit-every %q: write a number of documents, as in 1000docs, or a time, as in 1h or 1d", f.EmitEvery)
	}
	return nil
}
