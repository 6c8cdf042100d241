// Train learns a model from a file in one pass, without a broker, and tells
// how good it is.
package main

import (
	"os"
	"slices"

	"tidings/internal/cli"
)

const description = `Learn a model from a file in one pass, and tell how good it is.

It is the pipeline's own loop without the pipeline: each document is predicted, then learnt, once, in order.

  train --from train.jsonl.gz --shuffle 1 --test test.jsonl.gz    learn one file, then predict another
  train --from train.jsonl.gz --shuffles 5 --test test.jsonl.gz   the mean over five orders
  train --from articles.csv --model ftrl                          another model
  train run --nats nats://127.0.0.1:4222 --start -100000          learn a log again beside the model in service
  train drift --from articles.jsonl.gz --freeze-at 2020-01-01     what the detectors of change find there

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`

// root is the command line: what train does when no subcommand is named, and
// the subcommands. A new one is a file with a struct of flags that has Run, and
// one field here, a struct of such fields where it has subcommands itself:
//
//	Show show `cmd:"" help:"Show a model that was kept."`
//
// Then `make docs` writes the reference and the man pages again.
type root struct {
	cli.Root
	Train   train        `cmd:"" default:"withargs" hidden:"" name:"learn"`
	Run     retrain      `cmd:"" help:"Learn the log of a pipeline again beside the model in service, and compare."`
	Compare rivals       `cmd:"" help:"Say how good versions would have been in place of the model in service."`
	Label   label        `cmd:"" help:"Give a document its label later, or correct the one that it has."`
	Drift   driftCommand `cmd:"" help:"Look at what the detectors of change find in a file."`

	Save     save     `cmd:"" help:"Save a pipeline's model and df as a version."`
	List     list     `cmd:"" help:"List a pipeline's versions."`
	Show     show     `cmd:"" help:"Show a version."`
	Diff     diff     `cmd:"" help:"Tell in what two versions differ."`
	Export   export   `cmd:"" help:"Write a version to a file."`
	Import   bring    `cmd:"" name:"import" help:"Bring a version from a file."`
	Promote  promote  `cmd:"" help:"Let a version take over in a pipeline."`
	Rollback rollback `cmd:"" help:"Take back the last promotion."`
}

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("train", description, &root{}, joined(args), s)
}

// joined puts "--start -100000" into one argument, or -100000 would be taken for
// a flag.
func joined(args []string) []string {
	for i, arg := range args {
		if arg == "--start" && i+1 < len(args) && len(args[i+1]) > 1 && args[i+1][0] == '-' && args[i+1][1] >= '0' && args[i+1][1] <= '9' {
			return append(append(slices.Clone(args[:i]), arg+"="+args[i+1]), args[i+2:]...)
		}
	}
	return args
}
