package brokertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// Foreign starts a nats-server of somebody else's making on a free port, with
// the text of a configuration file, and returns its "host:port". It ends with
// the test. ${STORE} in the text is a directory of its own.
func Foreign(tb testing.TB, config string) (address string) {
	tb.Helper()
	dir := Dir(tb)
	file := filepath.Join(dir, "server.conf")
	text := "listen: 127.0.0.1:-1\n" + strings.ReplaceAll(config, "${STORE}", dir)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		tb.Fatalf("%v in\n%s", err, text)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		tb.Fatal(err)
	}
	s.Start()
	tb.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(Patience) {
		tb.Fatal("the server does not start")
	}
	return s.Addr().String()
}
