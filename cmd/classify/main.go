// Classify streams articles through the pipeline: it predicts each one's
// label, learns from the labels that articles bring along, and counts topics
// in windows.
package main

import (
	"os"

	"tidings/internal/cli"
)

const description = `Classify articles as they stream in, and learn as they go.

Without arguments: an embedded JetStream in a temporary directory, the built-in sample, and a readable result.

  classify                                         the built-in sample, once through
  classify --from articles.jsonl.gz                your own file
  classify --from articles.csv --shuffle 1         a file that is sorted by label
  classify --from a.jsonl --store DIR              again after a crash: goes on where it stopped
  classify --from train.jsonl --test test.jsonl    learn from one file, then predict another
  classify --listen 127.0.0.1:4222                 classify what comes, until stopped
  classify --nats nats://127.0.0.1:4222            share the work of the processes there
  classify --guarantee at-least-once               promise less (at-most-once, at-least-once)

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the run did not keep its claim, 130 interrupted.`

// root is the command line: what classify does when no subcommand is named, and
// the subcommands. A new one is a file with a struct of flags that has Run, and
// one field here, a struct of such fields where it has subcommands itself:
//
//	Doctor doctor `cmd:"" help:"Look whether all that a run needs is in place."`
//
// Then `make docs` writes the reference and the man pages again.
type root struct {
	cli.Root
	Classify    classify    `cmd:"" default:"withargs" hidden:"" name:"run"`
	Worker      isolated    `cmd:"" hidden:"" help:"Run workers for another process."`
	Doctor      checkup     `cmd:"" help:"Look whether all that a run needs is in place."`
	Explain     reasons     `cmd:"" help:"Show why a document of a pipeline was predicted as it was."`
	Uncertain   uncertain   `cmd:"" help:"List the documents most worth labelling."`
	Topics      rising      `cmd:"" help:"Show the windows of a pipeline: which labels, terms and stories rise, and fall."`
	Stories     tales       `cmd:"" help:"Show the largest stories of a pipeline: documents that tell the same event."`
	ExplainText explanation `cmd:"" help:"Show what becomes of a text: words, terms, df, weights, and what they say for each label."`
}

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("classify", description, &root{}, args, s)
}
