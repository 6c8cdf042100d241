// Package pipeline is the graph that articles run through: its stages, the
// records between them, the workers that run it, and what came of it.
//
//	Graph, Plan      what is computed, and where its records stand
//	Stage, Unit      pure state machines, and a stretch of the log on its way through them
//	Runner           runs partitions of stages on a broker
//	Results, Tally   what is committed, read back and added up
//	Projection       the same as JSON lines for outside readers
//
// The one rule to keep: a stage is a function of its state and of the entries
// that it meets, in the order of the log. It must not depend on a clock, the
// network, chance, the order of a map, or where the log was cut into units;
// state is rebuilt by running it again, and has to come out the same to the
// bit.
//
// A worker's goroutine owns the state of its partitions, and no two workers
// share any. DESIGN.md tells how it all works together.
//
// It is one package because its parts know each other well: they pass units and
// entries on, whose columns nobody else is to touch. Each file holds one noun, and
// a reader finds it here:
//
//	what is asked for    graph, plan, stored, promises, order, interval, wait, names, identity
//	stages               tokenize, df, classify, topics
//	inside classify      learner, late, ring*, ledger, watch, frozen, explanation
//	units, records       unit, record, wire, words, watch_record, control
//	input in log order   input, zip, side, slice, gather, again, arrivals, delivery, getter, gate
//	input as it comes    race, lane, inlet, past, alignment, sorter, met_again
//	workers              runner, sharing, worker, assembly, feed, desk, alarm
//	state that is kept   snapshot, piece, restore, saver, sweep, barrier, coordinator
//	counts in a Redis    redis_*
//	versions             version*, promotion
//	what is committed    results, committed, partition, values, begin, trim
//	what it comes to     tally, summary, confidence, watch_tally, uncertain
//	outside readers      projection*, line, window_*, stories, story_names
//	faults, checks       fired, planted, verify
package pipeline
