package cli

import (
	"fmt"

	"tidings/model/drift"
)

// DriftFlags say what watches for change.
type DriftFlags struct {
	Drift string `name:"drift" placeholder:"LIST" complete:"off,adwin,page-hinkley,terms" help:"What watches for change: ${detectors}; with a parameter, as in adwin:0.01,terms:6. every is the baseline that alarms each so many documents, and is always among them: every:5000. Default: all; off for none."`
}

// Options reads --drift.
func (f *DriftFlags) Options() (drift.Options, error) {
	o, err := drift.Parse(f.Drift)
	if err != nil {
		return o, fmt.Errorf("--drift: %w", err)
	}
	return o, nil
}
