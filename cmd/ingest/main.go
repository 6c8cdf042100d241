// Ingest feeds articles into a pipeline's log, for classify to work on.
package main

import (
	"os"

	"tidings/internal/cli"
)

const description = `Feed articles into a pipeline's log.

  ingest --nats nats://127.0.0.1:4222 --from articles.jsonl.gz     into a running broker
  ingest --nats nats://127.0.0.1:4222 --from - < articles.jsonl    from standard input
  ingest --nats nats://127.0.0.1:4222 --rate 500/s                 the built-in sample, at a pace
  ingest --store DIR --from a.csv --speed 100x                     into a directory, event times 100 times faster
  ingest --nats nats://127.0.0.1:4222 --from in                    what clients publish to tidings.in, until stopped
  ingest --store DIR --http 127.0.0.1:8090                         what clients POST to /documents, until stopped

The same command again goes on where it stopped, without repeating or skipping a document.
Refused rows are told with file, line and reason, and the rest goes on.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

// root is the command line: what ingest does when no subcommand is named, and
// the subcommands. A new one is a file with a struct of flags that has Run, and
// one field here, a struct of such fields where it has subcommands itself:
//
//	Datasets datasets `cmd:"" help:"Data sets that can be fetched by name."`
//
// Then `make docs` writes the reference and the man pages again.
type root struct {
	cli.Root
	Feed     feed     `cmd:"" default:"withargs" hidden:"" name:"run"`
	Datasets dataSets `cmd:"" help:"Data sets that are known by name: list them, tell their terms, fetch them."`
	Idle     idle     `cmd:"" help:"Tell the log that a source has died, so that windows do not wait for it."`
}

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("ingest", description, &root{}, args, s)
}
