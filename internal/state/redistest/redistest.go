// Package redistest runs a real redis-server for tests, with the settings that
// they want, in a directory and on a socket of its own.
//
// The rule to keep: where there is no redis-server a test says so loudly, and
// fails where CI=true.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a server may take to start.
const patience = 20 * time.Second

// Server is a redis-server that a test may kill and start again.
type Server struct {
	URL      string
	dir      string
	settings []string
	stop     func() error // nil: it does not run
}

// New runs one until the test ends, in a directory and on a socket that it keeps
// when it is started again.
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	Need(tb)
	dir, err := os.MkdirTemp("", "redis-") // a socket's path has to be short
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{dir: dir, settings: settings}
	tb.Cleanup(func() {
		s.Kill(tb)
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	s.URL = "unix://" + filepath.Join(dir, "redis.sock")
	s.Run(tb)
	return s
}

// Run starts it again, with what it had on its disk.
func (s *Server) Run(tb testing.TB, settings ...string) {
	tb.Helper()
	var err error
	if _, s.stop, err = Run(s.dir, append(s.settings, settings...)...); err != nil {
		tb.Error(err)
	}
}

// Kill kills it, as kill -9 does.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if s.stop == nil {
		return
	}
	if err := s.stop(); err != nil {
		tb.Error(err)
	}
	s.stop = nil
}

// Empty takes what it had on its disk away. It must not run.
func (s *Server) Empty(tb testing.TB) {
	tb.Helper()
	left, err := os.ReadDir(s.dir)
	for _, e := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, e.Name())))
	}
	if err != nil {
		tb.Error(err)
	}
}

// Start runs one with settings as on redis-server's command line, such as
// "--appendonly", "yes", until the test ends. It returns its URL.
func Start(tb testing.TB, settings ...string) (url string) {
	tb.Helper()
	return New(tb, settings...).URL
}

// Need skips the test where there is no redis-server.
func Need(tb testing.TB) {
	tb.Helper()
	if Installed() {
		return
	}
	const text = "THERE IS NO redis-server; install it (`make redis`), without it nothing is proven about Redis"
	if os.Getenv("CI") == "true" {
		tb.Fatal(text)
	}
	tb.Skip(text)
}

// Installed says whether there is a redis-server.
func Installed() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Run runs one in a directory, for who has no testing.TB. stop ends it.
func Run(dir string, settings ...string) (url string, stop func() error, err error) {
	socket := filepath.Join(dir, "redis.sock")
	_ = os.Remove(socket) // of one that was killed
	args := append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--daemonize", "no"}, settings...)
	var said bytes.Buffer
	c := exec.Command("redis-server", args...)
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	stop = func() error {
		_ = c.Process.Kill()
		<-ended
		return nil
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case <-ended:
			return "", nil, fmt.Errorf("redis-server ended: %s", said.Bytes())
		case <-look.C:
		}
		if conn, err := net.Dial("unix", socket); err == nil {
			return "unix://" + socket, stop, conn.Close()
		}
	}
	_ = stop()
	return "", nil, errors.New("redis-server does not start")
}
