package terminal

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// Properties, of a status that counts bytes or days: it is told in their units,
// on a terminal within its columns, on a plain line and as a record; strange
// rates break nothing.
func TestProgressCountsBytesAndDays(t *testing.T) {
	half := Status{Stage: "train.csv", Unit: Bytes, Documents: 14 << 20, Total: 28 << 20, Rate: 3 << 20}
	days := Status{Stage: "2024-01", Unit: Days, Documents: 1, Total: 31, Rate: .5}
	if got, want := half.sentence(5*time.Second), text("train.csv: 14 MiB of 28 MiB (50 %) after 5.0 s, 3.0 MiB a second"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := days.sentence(2*time.Second), text("2024-01: 1 of 31 days (3 %) after 2.0 s, 0.5 a second"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := (Status{Stage: "x", Unit: Bytes, Documents: 5}).sentence(time.Second), text("x: 5 B after 1.0 s, 0 B a second"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, columns := range []int{40, 60, 80, 120} {
		l := half.live(5*time.Second, columns, "x")
		if got := l.String(false); l.columns() > columns || !strings.Contains(got, "14 MiB of 28 MiB") {
			t.Errorf("in %d columns: %q", columns, got)
		}
	}
	begun := Status{Stage: "x", Unit: Bytes, Documents: 6<<20 + 300<<10, Total: 30 << 20}
	if got := begun.live(time.Second, 80, "x").String(false); !strings.Contains(got, "6.3 MiB of 30 MiB") {
		t.Errorf("an amount is cut: %q", got)
	}
	for _, rate := range []float64{math.NaN(), math.Inf(1), -1, math.MaxFloat64} {
		half.Rate = rate
		if got := half.sentence(time.Second); !strings.HasSuffix(string(got), " a second") {
			t.Errorf("%v: %s", rate, got)
		}
	}
}

func TestProgressRecordsOfBytes(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, true, newClock().time)
	p.Show(Status{Stage: "train.csv", Unit: Bytes, Documents: 5, Total: 10, Rate: math.NaN()})
	p.Finish()
	var got struct {
		Progress map[string]any `json:"progress"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	for key, want := range map[string]any{"stage": "train.csv", "unit": "bytes", "done": 5.0, "total": 10.0, "per_second": 0.0} {
		if got.Progress[key] != want {
			t.Errorf("%s is %v, want %v", key, got.Progress[key], want)
		}
	}
	if _, told := got.Progress["documents"]; told {
		t.Errorf("documents are told of: %s", &out)
	}
}
