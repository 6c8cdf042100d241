// Package cmd_test runs the commands as people do: as processes.
package cmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"tidings/datasets/datasetstest"
)

// bin is where the commands are, built once.
var bin string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if bin, err = os.MkdirTemp("", "tidings-bin-"); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(bin)) }()
	build := exec.Command("go", "build", "-o", bin, "./...")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("go build: %w\n%s", err, out)
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// dataset is the path of a file of the real data.
func dataset(t *testing.T, file string) string {
	t.Helper()
	return datasetstest.Path(t, file)
}

// account is what has to be equal however a run went.
type account struct {
	Documents         uint64  `json:"documents"`
	Labelled          uint64  `json:"labelled"`
	Predictions       uint64  `json:"predictions"`
	Duplicates        uint64  `json:"duplicates"`
	Lost              uint64  `json:"lost"`
	DeadLetters       uint64  `json:"dead_letters"`
	Rejected          uint64  `json:"rejected"`
	Accuracy          float64 `json:"accuracy"`
	MacroF1           float64 `json:"macro_f1"`
	Windows           uint64  `json:"windows"`
	Updates           uint64  `json:"updates"`
	PredictionsDigest string  `json:"predictions_digest"`
	DFDigest          string  `json:"df_digest"`
	ModelDigest       string  `json:"model_digest"`
}

func readAccount(t *testing.T, path string) (a account) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, data)
	}
	return a
}

// command runs a command to its end and wants it to succeed.
func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := commandOf(t, name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, tail(out))
	}
}

// commandOf is a command that ends with the test at the latest.
func commandOf(tb testing.TB, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(tb.Context(), name, args...)
}

func tail(out []byte) []byte {
	lines := bytes.Split(out, []byte{'\n'})
	return bytes.Join(lines[max(0, len(lines)-40):], []byte{'\n'})
}
