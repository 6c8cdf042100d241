package cmd_test

import (
	"fmt"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// cut keeps the first bytes of a file.
func cut(ts *testscript.TestScript, args []string) error {
	n, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	return os.Truncate(ts.MkAbs(args[0]), n)
}

// change inverts a byte of a file.
func change(ts *testscript.TestScript, args []string) error {
	at, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	if at >= len(data) {
		return fmt.Errorf("%s has %d bytes", args[0], len(data))
	}
	data[at] ^= 0xff
	return os.WriteFile(ts.MkAbs(args[0]), data, 0o600)
}
