package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"tidings/pipeline/topics"
)

// windowFlags are those of nothing asked for.
func windowFlags() WindowFlags {
	return WindowFlags{
		WindowBy: "all", WindowKeys: topics.KeysMaxDefault, Popular: topics.PopularDefault,
		OutOfOrder: "0s", Lateness: "0s", SourceEnd: "close", SessionMax: "30d", FutureMax: "24h",
	}
}

// What nobody asks for leaves no trace in a plan: those of before read the same.
func TestWindowsThatNobodyAsksForLeaveThePlanAsItWas(t *testing.T) {
	f := windowFlags()
	o, err := f.Options()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"by", "keys_max", "popular_until", "future_max"} {
		if strings.Contains(string(plan), name) {
			t.Errorf("the plan has %s: %s", name, plan)
		}
	}
	f.WindowBy, f.WindowKeys, f.PopularUntil, f.FutureMax = "source", 7, .05, "none"
	if o, err = f.Options(); err != nil || o.By != topics.BySource || o.KeysMax != 7 || o.PopularUntil != .05 || o.FutureMax != topics.AnyFuture {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestFlagsOfWindowsThatAreRefused(t *testing.T) {
	tests := map[string]struct {
		change func(*WindowFlags)
		want   string
	}{
		"by":          {func(f *WindowFlags) { f.WindowBy = "author" }, `--window-by: windows by "author" are not known; write all, source or label`},
		"no keys":     {func(f *WindowFlags) { f.WindowBy, f.WindowKeys = "label", 0 }, "--window-keys 0 is out of range; choose 1 to 10000"},
		"keys of all": {func(f *WindowFlags) { f.WindowKeys = 7 }, "--window-keys 7 is for windows by source or label; add --window-by source or label, or leave it out"},
		"gaps":        {func(f *WindowFlags) { f.Window = []string{"sliding:1d/2d"} }, "its step is longer than the window, so documents between two windows would be in none"},
		"no step":     {func(f *WindowFlags) { f.Window = []string{"sliding:1d"} }, "no step; write length and step"},
		"nothing":     {func(f *WindowFlags) { f.Window = []string{"tumbling:0s"} }, "a window must be larger than 0"},
		"negative":    {func(f *WindowFlags) { f.Window = []string{"session:-6h"} }, "a window must be larger than 0"},
		"absurd":      {func(f *WindowFlags) { f.Window = []string{"tumbling:9999999999d"} }, "longer than 36600d, the longest window"},
		"too short":   {func(f *WindowFlags) { f.Window = []string{"tumbling:1us"} }, "shorter than 1ms, the shortest window"},
		"documents":   {func(f *WindowFlags) { f.Window = []string{"count:-5"} }, "a window must be larger than 0"},
		"too many":    {func(f *WindowFlags) { f.Window = []string{"count:99999999999"} }, "more than 1000000000 documents, the largest window"},
		"kind":        {func(f *WindowFlags) { f.Window = []string{"daily"} }, `window "daily" is not known; write tumbling:24h, sliding:7d/1d or session:6h (event time), or count:1000 (documents)`},
		"disorder":    {func(f *WindowFlags) { f.OutOfOrder = "-1h" }, `--out-of-order "-1h": a time is not below 0`},
		"future":      {func(f *WindowFlags) { f.FutureMax = "0s" }, `--future-max "0s": machines do not agree to the nanosecond; give a time above 0, or none for no limit`},
		"past":        {func(f *WindowFlags) { f.FutureMax = "-1h" }, `--future-max "-1h": a time is not below 0; none is no limit`},
		"lateness":    {func(f *WindowFlags) { f.Lateness = "soon" }, `--allowed-lateness "soon": no length of time`},
	}
	for name, tt := range tests {
		f := windowFlags()
		tt.change(&f)
		if _, err := f.Options(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

func TestSharesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]Share{"10%": .1, "0.1": .1, "8%": .08, "100%": 1, "1": 1, "0": 0, "12.5%": .125} {
		var s, again Share
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %v, %v", text, s, err)
		}
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%q, written %q, is %v, %v", text, s, again, err)
		}
	}
	for _, text := range []string{"", "%", "110%", "1.5", "-5%", "NaN", "ten", "10%%"} {
		var s Share
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %v", text, s)
		}
	}
}
