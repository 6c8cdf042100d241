// Compare runs the same documents through the pipeline in several ways, with
// the same faults, and sets the results beside the oracle's.
package main

import (
	"os"

	"tidings/internal/cli"
)

const description = `Run the same documents under each guarantee, with the same faults, and compare with the oracle.

The oracle is a plain loop over the same log: one thread, no broker, no partitions, no failures. Every other
run goes through the pipeline while workers are killed, acknowledgements are lost and records come twice, not
at all or out of order. What is shown is what that did to the result: labels that differ, df, documents and
updates lost or repeated, windows with other popular topics, and what each guarantee costs in speed and latency.

  compare                                       the built-in sample, the default faults
  compare --from articles.jsonl.gz              your own file
  compare --faults 'kill:df/0@9000, drop-ack:1%' --seed 7
  compare --faults plan.faults                  faults from a file, a line each
  compare --guarantee exactly-once --partitions 1 --partitions 4 --faults none

A run breaks its claim when at-most-once repeats, at-least-once loses, or exactly-once differs from the oracle
in any bit. A plan under which at-most-once loses nothing or at-least-once repeats nothing proves nothing.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a run differs from the oracle where its claim forbids it, or the faults did not bite, 130 interrupted.`

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

	Claim     claim      `cmd:"" name:"check" help:"Say from its streams whether a run kept what it claims."`
	All       alls       `cmd:"" name:"all" help:"Make every experiment there is, and one page of them."`
	Crashes   crashing   `cmd:"" name:"crashes" help:"Measure what crashes do under each guarantee, with many seeds of faults."`
	Bias      biases     `cmd:"" name:"bias" help:"Measure how one failure moves the shares of topics that come in blocks."`
	Threshold thresholds `cmd:"" name:"threshold" help:"Measure whether one failure loses a topic that is just popular."`
	Order     orders     `cmd:"" name:"order" help:"Measure what meeting records in log order costs in time."`
	Drift     drifts     `cmd:"" name:"drift" help:"Measure what a model loses that stops learning at a date."`
	Dose      doses      `cmd:"" name:"dose" help:"Measure what loss and repetition do to accuracy, dose by dose."`
	Races     racing     `cmd:"" name:"races" help:"Measure how many labels vary from run to run where partitions race."`
	Latency   latencies  `cmd:"" name:"latency" help:"Measure what each guarantee costs in time."`
	Report    reports    `cmd:"" name:"report" help:"Make one page of what experiments found."`
	Ledger    ledgers    `cmd:"" name:"ledger" help:"Say which updates a model lost, repeated or reordered."`
}

func main() {
	os.Exit(run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func run(args []string, s cli.Streams) int {
	return cli.Main("compare", description, &root{}, args, s)
}
