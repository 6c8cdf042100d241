package cmd_test

import (
	"os"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// untimed takes what depends on the machine out of a file of runs.
func untimed(ts *testscript.TestScript, args []string) error {
	measured := regexp.MustCompile(`,"(documents_per_second":[^,}]*|recovery_ms":[^,}]*|latency_ms":\{[^}]*\})`)
	path := ts.MkAbs(args[0])
	return os.WriteFile(path, measured.ReplaceAll([]byte(ts.ReadFile(args[0])), nil), 0o666)
}
