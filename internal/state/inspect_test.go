package state_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidings/internal/state"
	"tidings/internal/state/redistest"
)

// Properties:
//   - what decides whether state is safe is read from a real server, whatever
//     its settings;
//   - nothing is left running.
func TestInspectReadsWhatDecidesAboutState(t *testing.T) {
	tests := map[string]struct {
		settings []string
		want     state.Info
	}{
		"forgets": {[]string{"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--save", "", "--appendonly", "no"},
			state.Info{Max: 64 << 20, Policy: "allkeys-lru", AppendFsync: "everysec"}},
		"keeps": {[]string{"--maxmemory-policy", "noeviction", "--save", "", "--appendonly", "yes", "--appendfsync", "always"},
			state.Info{Policy: "noeviction", AppendOnly: true, AppendFsync: "always"}},
		"snapshots": {[]string{"--save", "3600 1", "--appendonly", "no"},
			state.Info{Policy: "noeviction", AppendFsync: "everysec", Save: "3600 1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url := redistest.Start(t, tt.settings...)
			current := goleak.IgnoreCurrent()
			got, err := state.Inspect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if !got.AtLeast(1) || got.Version == "" || got.Used == 0 || got.Role != "master" {
				t.Errorf("%+v", got)
			}
			got.Version, got.Used, got.Role, got.Where, got.Loading = "", 0, "", "", false
			if len(got.Hidden) > 0 || got.Max != tt.want.Max || got.Policy != tt.want.Policy || got.AppendOnly != tt.want.AppendOnly ||
				got.AppendFsync != tt.want.AppendFsync || got.Save != tt.want.Save || got.WriteFailed {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			goleak.VerifyNone(t, current)
		})
	}
}

// Properties, of a Redis that cannot be asked: the error is the one to branch
// on, comes in time, and holds no password.
func TestInspectTellsWhyNothingCanBeSeen(t *testing.T) {
	const secret = "geheim"
	locked := redistest.Start(t, "--requirepass", secret)
	withUser := strings.Replace(locked, "unix://", "unix://default:"+"wrong"+secret+"@", 1)
	silent := listen(t)
	tests := map[string]struct {
		url  string
		want error
	}{
		"nobody there":   {"redis://u:" + secret + "@127.0.0.1:1", state.ErrUnreachable},
		"no password":    {locked, state.ErrCredentials},
		"wrong password": {withUser, state.ErrCredentials},
		"silent":         {"redis://u:" + secret + "@" + silent, state.ErrUnreachable},
		"silent TLS":     {"rediss://u:" + secret + "@" + silent, state.ErrUnreachable},
		"no URL":         {"http://u:" + secret + "@h", state.ErrURL},
		"broken URL":     {"redis://u:" + secret + "%zz@h:1", state.ErrURL},
		"bad database":   {"redis://u:" + secret + "@h/" + secret, state.ErrURL},
		"no socket":      {"unix:///nonexistent/redis.sock", state.ErrUnreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if strings.HasPrefix(name, "silent") { // who answers may take its time
				var cancel func()
				ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
				defer cancel()
			}
			_, err := state.Inspect(ctx, tt.url)
			if !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
}

// Properties: settings that a user may not see are listed as hidden, and the
// rest is read.
func TestInspectListsWhatIsHidden(t *testing.T) {
	url := redistest.Start(t, "--user", "looker", "on", ">pw", "~*", "+info", "--appendonly", "yes")
	info, err := state.Inspect(t.Context(), strings.Replace(url, "unix://", "unix://looker:pw@", 1))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(info.Hidden, " ") != "appendfsync save" || !info.AppendOnly || info.Policy == "" {
		t.Errorf("%+v", info)
	}
	url = redistest.Start(t, "--user", "blind", "on", ">pw", "~*", "+get")
	if _, err := state.Inspect(t.Context(), strings.Replace(url, "unix://", "unix://blind:pw@", 1)); !errors.Is(err, state.ErrDenied) {
		t.Errorf("without INFO: %v", err)
	}
}

func TestInspectEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := state.Inspect(ctx, "redis://"+listen(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAtLeast(t *testing.T) {
	tests := map[string]bool{"7.0.15": true, "6.2.1": false, "8.0": true, "10.1": true, "": true, "unstable": true, "255.255.255": true}
	for version, want := range tests {
		if got := (state.Info{Version: version}).AtLeast(7); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

// listen accepts connections and says nothing.
func listen(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}
