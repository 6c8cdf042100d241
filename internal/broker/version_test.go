package broker

import "testing"

func TestTooOld(t *testing.T) {
	tests := map[string]bool{
		"1.4.1":       true,
		"2.0.0":       true,
		"2.9.25":      true,
		"2.10.29":     true,
		"2.10.0-RC.1": true,
		"2.11.0":      false,
		"2.11.0-RC.1": false,
		"2.12.1":      false,
		"2.15.2":      false,
		"2.100.0":     false,
		"3.0.0":       false,
		"10.2.0":      false,
		"2.11":        false,
		"2.10":        true,
		"":            false, // who does not say is tried
		"2":           false,
		"unknown":     false,
		"a.b.c":       false,
	}
	for version, want := range tests {
		if got := tooOld(version); got != want {
			t.Errorf("tooOld(%q) = %v", version, got)
		}
	}
}

func TestRedact(t *testing.T) {
	tests := map[string]string{
		"nats://h:4222":                 "nats://h:4222",
		"h:4222":                        "nats://h:4222",
		"nats://u:p@h:4222":             "nats://h:4222",
		"nats://token@h:4222":           "nats://h:4222",
		"u:p@h:4222":                    "nats://h:4222",
		"tls://u:p@x@h":                 "tls://h",
		"nats://u:p@h:1,nats://v:q@i:2": "nats://h:1,nats://i:2",
		"":                              "nats://",
	}
	for in, want := range tests {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, not %q", in, got, want)
		}
	}
}
