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

The same command again goes on where it stopped, without repeating or skipping a document.
Refused rows are told with file, line and reason, and the rest goes on.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("ingest", description, &feed{}, args, s)
}
