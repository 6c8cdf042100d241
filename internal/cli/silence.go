package cli

import (
	"cmp"
	"fmt"
	"time"

	"tidings/internal/ingest"
	"tidings/pipeline/topics"
)

// SilenceFlags say when a source counts as idle.
type SilenceFlags struct {
	SourceIdle string `name:"source-idle" placeholder:"TIME" help:"Tell the log that the source is idle when no document came from it for so long, so that windows of other sources do not wait for it; with the next document it is active again. 0: never. For what clients send, standard input and feeds. Default: 1m, and for feeds twice --every."`
}

// Silence reads the flag for a source.
func (f *SilenceFlags) Silence(s *SourceFlags) (time.Duration, error) {
	text := f.SourceIdle
	if text == "" && s.Feeds() {
		return 2 * cmp.Or(s.Every, everyDefault), nil
	}
	if text == "" {
		text = ingest.SourceIdleDefault
	}
	d, err := topics.ParseTime(text)
	if err != nil {
		return 0, &UsageError{fmt.Errorf("--source-idle %q: %w", text, err)}
	}
	return d, nil
}
