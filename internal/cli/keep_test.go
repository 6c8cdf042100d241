package cli

import (
	"testing"
	"time"
)

func TestKeepIsAnAgeOrASize(t *testing.T) {
	for text, want := range map[string]Keep{
		"all": {}, "7d": {Age: 7 * 24 * time.Hour}, "36h": {Age: 36 * time.Hour}, "1.5d": {Age: 36 * time.Hour}, "90m": {Age: 90 * time.Minute},
		"20GB": {Bytes: 20e9}, "500MB": {Bytes: 500e6}, "1.5TB": {Bytes: 1.5e12},
	} {
		var got Keep
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		var again Keep
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%s: written as %s, read as %+v (%v)", text, got, again, err)
		}
	}
	for _, text := range []string{"", "7", "0d", "-7d", "7 days", "20", "10s", "12kB", "d", "GB", "NaNd", "1e9d", "7dGB", "Infd", "ever"} {
		var k Keep
		if err := k.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, k)
		}
	}
}

// FuzzKeep: what is read can be written and read again.
func FuzzKeep(f *testing.F) {
	for _, s := range []string{"7d", "20GB", "all", "1.5h", "9999999999999999999d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var k Keep
		if k.UnmarshalText([]byte(s)) != nil {
			return
		}
		if k.Age < 0 || k.Age > 0 && k.Bytes > 0 {
			t.Fatalf("%q is %+v", s, k)
		}
		var again Keep
		if err := again.UnmarshalText([]byte(k.String())); err != nil {
			t.Fatalf("%q is written as %q: %v", s, k.String(), err)
		}
	})
}
