package topics

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseReadsWhatStringWrites(t *testing.T) {
	tests := map[string]string{
		"tumbling:24h":             "tumbling:24h",
		"tumbling:1d":              "tumbling:24h",
		"tumbling:48h":             "tumbling:2d",
		"tumbling:7d":              "tumbling:7d",
		"tumbling:1w":              "tumbling:7d",
		"tumbling:1w12h":           "tumbling:180h",
		"tumbling:2w1d":            "tumbling:15d",
		"tumbling:1w2d3h4m5.5s":    "tumbling:219h4m5.5s",
		"tumbling:90m":             "tumbling:1h30m",
		"tumbling:60s":             "tumbling:1m",
		"tumbling:1ms":             "tumbling:1ms",
		"tumbling:1.5h":            "tumbling:1h30m",
		"tumbling:36600d":          "tumbling:36600d",
		"tumbling:1d0h":            "tumbling:24h",
		"tumbling:10m":             "tumbling:10m",
		"tumbling:20h":             "tumbling:20h",
		"tumbling:100h":            "tumbling:100h",
		"tumbling:240h":            "tumbling:10d",
		"count:1":                  "count:1",
		"count:1000":               "count:1000",
		"count:0010":               "count:10",
		"count:1000000000":         "count:1000000000",
		"tumbling:0w1d":            "tumbling:24h",
		"tumbling:1h0m0.000001s":   "tumbling:1h0m0.000001s",
		"tumbling:876600h0m0.001s": "",
		"sliding:7d/1d":            "sliding:7d/24h",
		"sliding:1w/24h":           "sliding:7d/24h",
		"sliding:90m/1h":           "sliding:1h30m/1h",
		"sliding:1d/24h":           "tumbling:24h",
		"sliding:400ms/1ms":        "sliding:400ms/1ms",
		"session:6h":               "session:6h",
		"session:2d":               "session:2d",
	}
	for in, want := range tests {
		t.Run(in, func(t *testing.T) {
			d, err := Parse(in)
			if want == "" {
				if err != nil {
					t.Fatalf("Parse: %v", err)
				}
				want = d.String()
			}
			if err != nil || d.String() != want {
				t.Fatalf("Parse = %q, %v; want %q", d, err, want)
			}
			again, err := Parse(d.String())
			if err != nil || again != d {
				t.Fatalf("Parse(%q) = %v, %v", d, again, err)
			}
		})
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := map[string]string{
		"":                               "is not known",
		"24h":                            "is not known",
		"hopping:24h":                    "is not known",
		"Tumbling:24h":                   "is not known",
		"tumbling":                       "is not known",
		"tumbling:":                      "no length",
		"tumbling:24":                    "no length",
		"tumbling:1.5d":                  "no length",
		"tumbling:12h1d":                 "no length",
		"tumbling:1d1w":                  "no length",
		"tumbling:1d-1h":                 "no length",
		"tumbling: 1d":                   "no length",
		"tumbling:d":                     "no length",
		"tumbling:0s":                    "larger than 0",
		"tumbling:0d":                    "larger than 0",
		"tumbling:-24h":                  "larger than 0",
		"tumbling:-7d":                   "larger than 0",
		"sliding:7d":                     "no step",
		"sliding:7d/":                    "its step: no length",
		"sliding:/1d":                    "no length",
		"sliding:1d/7d":                  "longer than the window",
		"sliding:1d/0s":                  "its step: a window must be larger than 0",
		"sliding:401ms/1ms":              "more than 400 windows",
		"sliding:36600d/1ms":             "more than 400 windows",
		"session:0s":                     "larger than 0",
		"session:-6h":                    "larger than 0",
		"session:":                       "no length",
		"session:6h/1h":                  "no length",
		":24h":                           "is not known",
		"tumbling:1us":                   "shorter than 1ms",
		"tumbling:36601d":                "longer than 36600d",
		"tumbling:36600d1ns":             "longer than 36600d",
		"tumbling:5228w36600d2000000h":   "longer than 36600d",
		"tumbling:99999999999999999999d": "longer than 36600d",
		"tumbling:1000000h":              "longer than 36600d",
		"count:":                         "no number of documents",
		"count:1.5":                      "no number of documents",
		"count:1k":                       "no number of documents",
		"count:0":                        "larger than 0",
		"count:-5":                       "larger than 0",
		"count:-99999999999999999999":    "larger than 0",
		"count:1000000001":               "more than 1000000000 documents",
		"count:99999999999999999999":     "more than 1000000000 documents",
		"tumbling:100000000000h":         "no length", // more than a time.Duration can tell
		"tumbling:9223372036854775807ns": "longer than 36600d",
		"tumbling:36600d876600h":         "longer than 36600d",
		"tumbling:1w\x00":                "no length",
		"count:١٢":                       "no number of documents",
		"tumbling:" + strings.Repeat("9", 40) + "w": "longer than 36600d",
	}
	for in, want := range tests {
		t.Run(in, func(t *testing.T) {
			d, err := Parse(in)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("Parse = %q, %v; want an error with %q", d, err, want)
			}
		})
	}
}

func TestDefinitionsLiveInJSON(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:7d"), parse(t, "count:50")}, OutOfOrder: time.Hour, Popular: .2, OpenMax: 3, LabelsMax: 4}
	b, err := json.Marshal(o)
	want := `{"windows":["tumbling:7d","count:50"],"out_of_order_ns":3600000000000,"popular":0.2,"open_max":3,"labels_max":4}`
	if err != nil || string(b) != want {
		t.Fatalf("Marshal = %s, %v; want %s", b, err, want)
	}
	var back Options
	if err := json.Unmarshal(b, &back); err != nil || back.Windows[0] != o.Windows[0] || back.Windows[1] != o.Windows[1] {
		t.Fatalf("Unmarshal = %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"windows":["count:0"]}`), &back); err == nil {
		t.Error("a window of no documents was read")
	}
	if _, err := json.Marshal(Options{Windows: make([]Definition, 1)}); err == nil {
		t.Error("a window that is not defined was written")
	}
}

// Whatever Parse takes is within the limits, has one written form, and that
// form means the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"tumbling:24h", "tumbling:1w2d3h", "count:1000", "sliding:7d/1d", "session:6h", "tumbling:-1d", "count:", "tumbling:36600d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			if d != (Definition{}) {
				t.Fatalf("an error and a definition: %q, %v", d, err)
			}
			return
		}
		timed := d.length >= LengthMin && d.length <= LengthMax && d.documents == 0
		counted := d.documents >= 1 && d.documents <= DocumentsMax && d.length == 0 && d.step == 0
		stepped := d.step >= LengthMin && d.step <= d.length && (d.length-1)/d.step < OverlapMax
		good := map[kind]bool{count: counted, session: timed && d.step == 0, sliding: timed && stepped && d.step < d.length, tumbling: timed && d.step == d.length}
		if !good[d.kind] {
			t.Fatalf("Parse(%q) = %#v is beyond the limits", s, d)
		}
		again, err := Parse(d.String())
		if err != nil || again != d {
			t.Fatalf("Parse(%q) = %v, written %q, read again %v, %v", s, d, d, again, err)
		}
	})
}

func TestBoundsHoldTheTimesOfTheWindow(t *testing.T) {
	times := []int64{NoTime + 1, -1 << 62, -int64(day) - 1, -int64(day), -1, 0, 1, int64(day) - 1, int64(day), 1 << 62, math.MaxInt64}
	for _, s := range []string{"tumbling:1ms", "tumbling:24h", "tumbling:7d", "tumbling:36600d", "tumbling:1h0m0.000001s", "sliding:7d/1d", "sliding:5h/3h", "sliding:36600d/36000d"} {
		d := parse(t, s)
		for _, at := range times {
			newest, oldest := d.newestWith(at), d.oldestWith(at)
			when := time.Unix(0, at)
			if oldest > newest || s[0] == 't' && oldest != newest {
				t.Errorf("%s: %d is in windows %d to %d", s, at, oldest, newest)
			}
			for n := oldest - 1; n <= newest+1; n++ {
				start, end := d.bounds(n)
				within := !when.Before(start) && when.Before(end)
				if within != (n >= oldest && n <= newest) || end.Sub(start) != d.length {
					t.Errorf("%s: %d is in windows %d to %d, and window %d is from %s to %s", s, at, oldest, newest, n, start, end)
				}
			}
		}
	}
}

func TestNanosecondsAreNoTimeWhereTheyCannotTell(t *testing.T) {
	tests := map[string]struct {
		time time.Time
		want int64
	}{
		"none":        {time.Time{}, NoTime},
		"year 1600":   {time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), NoTime},
		"year 2300":   {time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), NoTime},
		"the first":   {time.Unix(0, NoTime+1), NoTime + 1},
		"one earlier": {time.Unix(0, NoTime), NoTime},
		"the last":    {time.Unix(0, math.MaxInt64), math.MaxInt64},
		"epoch":       {time.Unix(0, 0), 0},
		"before 1970": {time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), -int64(time.Second)},
		"other zone":  {time.Date(1970, 1, 1, 2, 0, 0, 0, time.FixedZone("", 7200)), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Nanoseconds(tt.time); got != tt.want {
				t.Errorf("Nanoseconds = %d, want %d", got, tt.want)
			}
		})
	}
}

func parse(tb interface {
	Helper()
	Fatal(...any)
}, s string) Definition {
	tb.Helper()
	d, err := Parse(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}
