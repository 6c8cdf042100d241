package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits of LabelWait.
const (
	LabelWaitDocuments    = 20_000   // documents whose features are kept for a label, where nothing is said
	LabelWaitDocumentsMax = 1 << 20  // at most
	LabelWaitBytes        = 64 << 20 // of their features, where nothing is said
	LabelWaitBytesMin     = 1 << 20
	LabelWaitBytesMax     = 8 << 30
	labelWaitTimeMax      = 100 * 365 * 24 * time.Hour
)

// LabelWait says how long the features of a document are kept for a label that
// comes later: as long as the document is one of the last Documents, is not
// older than Time behind the newest by event time, and the features of all that
// are kept are within Bytes. The zero value waits as LabelWaitDocuments and
// LabelWaitBytes say.
type LabelWait struct {
	Off       bool          `json:"off,omitempty"` // late labels are not learnt
	Documents int           `json:"documents,omitempty"`
	Time      time.Duration `json:"time,omitempty"` // 0: whatever their times are
	Bytes     int64         `json:"bytes,omitempty"`
}

// ParseLabelWait reads "20000docs", "30d", "256MB" or several of them with
// commas between; "0" does not wait, "" is the default. A time alone waits for
// as many documents as can be.
func ParseLabelWait(s string) (w LabelWait, err error) {
	switch strings.TrimSpace(s) {
	case "":
		return w, nil
	case "0", "off":
		return LabelWait{Off: true}, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		if err := w.part(strings.TrimSpace(part)); err != nil {
			return w, fmt.Errorf("--label-wait %q: %w", s, err)
		}
	}
	if w.Time > 0 && w.Documents == 0 {
		w.Documents = LabelWaitDocumentsMax
	}
	return w.canonical(), w.Check()
}

func (w *LabelWait) part(s string) error {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	n, err := strconv.ParseInt(strings.ReplaceAll(number, "_", ""), 10, 40)
	unit, isSize := map[string]int64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[s[len(number):]]
	switch {
	case err == nil && n > 0 && (s[len(number):] == "docs" || s == number):
		w.Documents = int(min(n, LabelWaitDocumentsMax+1))
	case err == nil && n > 0 && isSize:
		w.Bytes = n * unit
	default:
		d, err := ParseDays(s)
		if err != nil || d <= 0 {
			return errors.New("write so many documents (20000docs), a time (12h, 30d), bytes of features (256MB), or 0 to not wait")
		}
		w.Time = d
	}
	return nil
}

// ParseDays reads a duration as Go writes it, or in days: "30d".
func ParseDays(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0) || n > labelWaitTimeMax.Hours()/24 {
			return 0, fmt.Errorf("%q is no time; write 90s, 12h or 30d", s)
		}
		return time.Duration(n * 24 * float64(time.Hour)), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > labelWaitTimeMax {
		return 0, fmt.Errorf("%q is no time; write 90s, 12h or 30d", s)
	}
	return d, nil
}

// canonical leaves out what is so anyway, so that equal plans are stored alike.
func (w LabelWait) canonical() LabelWait {
	if w.Off {
		return LabelWait{Off: true}
	}
	if w.Documents == LabelWaitDocuments {
		w.Documents = 0
	}
	if w.Bytes == LabelWaitBytes {
		w.Bytes = 0
	}
	return w
}

// Check tells what cannot be.
func (w LabelWait) Check() error {
	switch {
	case w.Documents < 0 || w.Documents > LabelWaitDocumentsMax:
		return fmt.Errorf("--label-wait %ddocs: 1 to %d documents can wait for their labels, 0 for none", w.Documents, LabelWaitDocumentsMax)
	case w.Bytes != 0 && (w.Bytes < LabelWaitBytesMin || w.Bytes > LabelWaitBytesMax):
		return fmt.Errorf("--label-wait: %d bytes of features; %d to %d are possible", w.Bytes, LabelWaitBytesMin, int64(LabelWaitBytesMax))
	case w.Time < 0 || w.Time > labelWaitTimeMax:
		return fmt.Errorf("--label-wait %v: a time of at most %v is possible", w.Time, labelWaitTimeMax)
	}
	return nil
}

func (w LabelWait) documents() int {
	if w.Documents == 0 {
		return LabelWaitDocuments
	}
	return w.Documents
}

func (w LabelWait) bytes() int64 {
	if w.Bytes == 0 {
		return LabelWaitBytes
	}
	return w.Bytes
}

// String is the form that ParseLabelWait reads.
func (w LabelWait) String() string {
	if w.Off {
		return "0"
	}
	parts := []string{strconv.Itoa(w.documents()) + "docs"}
	if w.Time > 0 {
		parts = append(parts, w.Time.String())
	}
	if w.Bytes != 0 {
		parts = append(parts, strconv.FormatInt(w.Bytes>>10, 10)+"KiB")
	}
	return strings.Join(parts, ",")
}
