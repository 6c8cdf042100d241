// Compare runs the same documents through the pipeline in several ways and
// sets the results beside the oracle's.
package main

import (
	"os"

	"tidings/internal/cli"
)

const description = `Run the same documents in several ways, and compare each with the oracle.

The oracle is a plain loop over the same log: one thread, no broker, no partitions. What exactly-once claims
is that nothing differs from it.

  compare                                  the built-in sample, at 1, 2 and 4 partitions
  compare --from articles.jsonl.gz         your own file
  compare --partitions 1 --partitions 8    other numbers of partitions

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a run differs from the oracle, 130 interrupted.`

// root is the command line: what compare does when no subcommand is named, and
// the subcommands. A new one is a file with a struct of flags that has Run, and
// one field here, a struct of such fields where it has subcommands itself:
//
//	Ledger ledger `cmd:"" help:"Look at what the runs wrote."`
//
// Then `make docs` writes the reference and the man pages again.
type root struct {
	cli.Root
	Compare compare `cmd:"" default:"withargs" hidden:"" name:"run"`
}

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("compare", description, &root{}, args, s)
}
