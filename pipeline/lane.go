package pipeline

import (
	"context"
	"errors"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// lane is what one tokenize partition wrote, with what df partitions made of it,
// where it is met by itself. Its sides read queues.
type lane struct {
	number int // from 1
	zip    *zipInput
	queues []*laneQueue // by side
	from   uint64       // where what was read and not met begins; 0: nothing was
}

func newLane(r reading, tokenize int, stages []string) *lane {
	l := &lane{number: tokenize + 1, zip: &zipInput{reading: r, at: r.after, df: r.plan.Partitions.DF, route: newRouter(r.plan.Partitions.DF)}}
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			continue // openRace reports it
		}
		partitions := []int{tokenize}
		if stage == DFStage {
			partitions = partitions[:0]
			for i := range r.plan.Partitions.DF {
				partitions = append(partitions, i)
			}
		}
		for _, i := range partitions {
			q := &laneQueue{}
			l.queues = append(l.queues, q)
			l.zip.sides = append(l.zip.sides, &side{
				node: n, partition: i, of: *r.plan.Partitions.of(stage), name: r.plan.Pipeline.partitionStream(n, i).Name,
				promise: r.plan.Promise(stage).OrDefault(), begin: guarantees.Place{At: r.after, Next: 1}, at: r.after, lane: true,
				arrivals: newArrivals(q, guarantees.Promise{}, 1),
			})
		}
	}
	return l
}

// ready says whether something of the lane can be met: all sides have it. The
// number is that of what came last of it.
func (l *lane) ready() (number uint64, ready bool) {
	for i, s := range l.zip.sides {
		q := l.queues[i]
		switch {
		case s.have:
			number = max(number, q.taken)
		case len(q.items) > 0:
			number = max(number, q.items[0].number)
		default:
			return 0, false
		}
	}
	return number, true
}

// aligned says whether what comes next is for all lanes.
func (l *lane) aligned() bool { return l.comes().Aligned }

// comes is what tokenize said of what comes next, if that begins a record.
func (l *lane) comes() (m guarantees.Met) {
	if q := l.queues[0]; !l.zip.sides[0].have && len(q.items) > 0 {
		m = q.items[0].met
	}
	return m
}

// laneQueue are the records of a stream that belong to one lane and have not
// been read. As a source it never waits.
type laneQueue struct {
	items []queued
	came  uint64 // so far
	taken uint64 // number of the last one
	out   [1]broker.Record
}

type queued struct {
	arrived
	met guarantees.Met // what its header says
}

var errNoneQueued = errors.New("a lane was read that has nothing")

// put adds a record. Its sequence becomes that within the lane.
func (q *laneQueue) put(a arrived, met guarantees.Met) {
	q.came++
	a.record.Sequence = q.came
	q.items = append(q.items, queued{a, met})
}

func (q *laneQueue) Next(context.Context) ([]broker.Record, error) {
	if len(q.items) == 0 {
		return nil, errNoneQueued
	}
	q.out[0], q.taken = q.items[0].record, q.items[0].number
	q.items[0] = queued{}
	if q.items = q.items[1:]; len(q.items) == 0 {
		q.items = nil
	}
	return q.out[:], nil
}

func (q *laneQueue) Close() {}
