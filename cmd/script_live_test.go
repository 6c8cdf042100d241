package cmd_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"
)

func ask(ts *testscript.TestScript, args []string) error {
	nc, err := nats.Connect(args[0])
	if err != nil {
		return err
	}
	defer nc.Close()
	m, err := nc.Request(args[1], []byte(ts.ReadFile(args[2])), patience)
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[3]), append(m.Data, '\n'), 0o600)
}

func post(ts *testscript.TestScript, args []string) error {
	response, err := http.Post(args[0], args[1], strings.NewReader(ts.ReadFile(args[2])))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	status := fmt.Sprintf("%d\n", response.StatusCode)
	return os.WriteFile(ts.MkAbs(args[3]), append([]byte(status), data...), 0o600)
}
