package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of an Interval.
const (
	SnapshotEveryTime         = time.Second // where nothing is said
	SnapshotEveryTimeMin      = 10 * time.Millisecond
	SnapshotEveryTimeMax      = time.Hour
	SnapshotEveryDocumentsMax = 1 << 24
)

// Interval says how often all partitions save their state together: each time
// so much time has passed, or so many documents have come.
//
// Stored it is text: "1s", "5000docs".
type Interval struct {
	Time      time.Duration
	Documents int
}

// ParseInterval reads "1s", "100ms" or "5000docs"; "" is the default.
func ParseInterval(s string) (i Interval, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return i, nil
	}
	if number, documents := strings.CutSuffix(s, "docs"); documents {
		i.Documents, err = strconv.Atoi(strings.TrimSpace(number))
	} else {
		i.Time, err = time.ParseDuration(s)
	}
	if err != nil || i == (Interval{}) {
		return i, fmt.Errorf("--snapshot-every %q: write a time (1s, 100ms) or a number of documents (5000docs)", s)
	}
	return i, i.Check()
}

// Check tells what cannot be.
func (i Interval) Check() error {
	switch {
	case i.Time != 0 && i.Documents != 0:
		return errors.New("--snapshot-every is a time or a number of documents: choose one")
	case i.Documents < 0 || i.Documents > SnapshotEveryDocumentsMax:
		return fmt.Errorf("--snapshot-every %ddocs: 1 to %d documents are possible", i.Documents, SnapshotEveryDocumentsMax)
	case i.Documents == 0 && (i.Time < SnapshotEveryTimeMin || i.Time > SnapshotEveryTimeMax):
		return fmt.Errorf("--snapshot-every %v: %v to 1h are possible; so late come results, and so often is state saved", i.Time, SnapshotEveryTimeMin)
	}
	return nil
}

// String is the form that ParseInterval reads.
func (i Interval) String() string {
	if i.Documents > 0 {
		return strconv.Itoa(i.Documents) + "docs"
	}
	return i.Time.String()
}

// MarshalText is String.
func (i Interval) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText is ParseInterval.
func (i *Interval) UnmarshalText(text []byte) (err error) {
	*i, err = ParseInterval(string(text))
	return err
}

// checkSnapshots refuses an interval that nothing would be done with, and a
// stage that would go back alone.
func (p Plan) checkSnapshots() error {
	holds := p.Promise("").Holds()
	for _, stage := range Stages() {
		if p.Promise(stage).Holds() != holds {
			return errors.New("the recoveries snapshot and unaligned are for all stages or none, for all go back together: leave out what is said of single ones")
		}
	}
	switch {
	case holds:
		return p.SnapshotEvery.Check()
	case p.SnapshotEvery != (Interval{}):
		return fmt.Errorf("--snapshot-every says how often outputs are released with --recovery snapshot or unaligned; %s releases them as they are committed, and saves its state every %d documents: leave it out", p.Promise(""), SnapshotEvery)
	}
	return nil
}
