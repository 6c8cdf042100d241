package cli

import (
	"testing"
	"time"
)

// Properties: how often feeds are asked is told as a person would write it.
func TestFeedsTellHowOftenTheyAreAsked(t *testing.T) {
	tests := map[time.Duration]string{
		0:                              "reading 2 feeds every 15m, until stopped",
		30 * time.Minute:               "reading 2 feeds every 30m, until stopped",
		90 * time.Second:               "reading 2 feeds every 1m30s, until stopped",
		10 * time.Hour:                 "reading 2 feeds every 10h, until stopped",
		time.Hour + 10*time.Minute:     "reading 2 feeds every 1h10m, until stopped",
		20*time.Hour + 100*time.Second: "reading 2 feeds every 20h1m40s, until stopped",
	}
	for every, want := range tests {
		if got := followText(2, &following{every: every}); got != want {
			t.Errorf("%v: %q, want %q", every, got, want)
		}
	}
}
