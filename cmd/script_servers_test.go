package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"

	"tidings"
)

func occupied(ts *testscript.TestScript, args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], l.Addr().String())
	return nil
}

func fakeServer(ts *testscript.TestScript, args []string) error {
	if args[1] != "plain" {
		return oldServer(ts, args[0], args[1])
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		return err
	}
	s.Start()
	ts.Defer(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(patience) {
		return errors.New("the server does not start")
	}
	ts.Setenv(args[0], s.ClientURL())
	return nil
}

// oldServer speaks as much of the protocol as a client needs to learn its
// version.
func oldServer(ts *testscript.TestScript, variable, version string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(variable, "nats://"+l.Addr().String())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprintf(c, "INFO {\"server_id\":\"OLD\",\"version\":%q,\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n", version)
				for s := bufio.NewScanner(c); s.Scan(); {
					if s.Text() == "PING" {
						_, _ = io.WriteString(c, "PONG\r\n")
					}
				}
			}()
		}
	}()
	return nil
}

func predictions(ts *testscript.TestScript, args []string) error {
	want, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	nc, err := nats.Connect(args[0])
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, args[1]+"-out")
	if err != nil {
		return err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{args[1] + ".out.predictions"}})
	if err != nil {
		return err
	}
	n, last := 0, tidings.Position{}
	for n < want {
		m, err := consumer.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			return fmt.Errorf("after %d predictions: %w", n, err)
		}
		for line := range bytes.Lines(m.Data()) {
			var p struct{ Position string }
			if err := json.Unmarshal(line, &p); err != nil {
				return fmt.Errorf("%w: %s", err, line)
			}
			var at tidings.Position
			if _, err := fmt.Sscanf(p.Position, "%d/%d", &at.Sequence, &at.Line); err != nil {
				return fmt.Errorf("%w: %s", err, line)
			}
			if n > 0 && at.Compare(last) <= 0 {
				return fmt.Errorf("%s came behind %s", at, last)
			}
			n, last = n+1, at
		}
		if meta, err := m.Metadata(); err != nil || n >= want && meta.NumPending > 0 {
			return fmt.Errorf("%d predictions, and more to come (%v)", n, err)
		}
	}
	if n != want {
		return fmt.Errorf("%d predictions, want %d", n, want)
	}
	return nil
}
