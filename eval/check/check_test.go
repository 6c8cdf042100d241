package check_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/eval/check"
	"tidings/eval/ledger"
	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

var (
	exactly = guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Commit}
	least   = guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}
	anew    = guarantees.Promise{Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Replay}
	most    = guarantees.Promise{Guarantee: guarantees.AtMostOnce, Recovery: guarantees.Claim}
)

// spoilt is a story with one thing wrong.
type spoilt struct {
	claim  guarantees.Promise
	n      int // partitions
	spoil  func(s *story)
	want   []check.Kind
	broken bool
}

func fence(epoch, at uint64) check.Record {
	return check.Record{Header: guarantees.Header{Kind: guarantees.Fence, Epoch: epoch, From: at + 1, To: at}}
}

func ack(at uint64) check.Record {
	return check.Record{Header: guarantees.Header{Kind: guarantees.Ack, Epoch: 1, From: at + 1, To: at}}
}

// again repeats the record at an index behind it, in an epoch.
func again(t *told, i int, epoch uint64) {
	r := *t.edit(i)
	r.Epoch = epoch
	t.insert(i+1, r)
}

// stories are hand-made: 30 log messages, units of 6, and in each one thing that
// went wrong, with what the check has to call it.
func stories() map[string]spoilt {
	pred := func(s *story) *told { return s.of(pipeline.ClassifyStage, 0) }
	return map[string]spoilt{
		"nothing":                    {exactly, 1, func(*story) {}, nil, false},
		"nothing, with partitions":   {exactly, 2, func(*story) {}, nil, false},
		"nothing, at least once":     {least, 2, func(s *story) { pred(s).insert(3, ack(12)) }, nil, false},
		"nothing, at most once":      {most, 2, func(*story) {}, nil, false},
		"a new owner":                {exactly, 1, func(s *story) { t := pred(s); t.insert(3, fence(2, 12)); later(t, 4, 2) }, nil, false},
		"the first document is lost": {exactly, 1, func(s *story) { r := pred(s).edit(1); r.Entries = r.Entries[1:] }, []check.Kind{check.Lost, check.Sum}, true},
		"one in the middle is lost":  {exactly, 1, func(s *story) { r := pred(s).edit(2); r.Entries = slices.Delete(r.Entries, 3, 4) }, []check.Kind{check.Lost, check.Sum}, true},
		"the last one is lost": {exactly, 1, func(s *story) {
			r := pred(s).edit(5)
			r.Entries = slices.Delete(r.Entries, len(r.Entries)-2, len(r.Entries)-1)
		}, []check.Kind{check.Lost, check.Sum}, true},
		"a unit comes twice":            {exactly, 1, func(s *story) { again(pred(s), 2, 1) }, []check.Kind{check.Repeated, check.WindowRepeated}, true},
		"a unit comes twice, and may":   {least, 1, func(s *story) { again(pred(s), 2, 1) }, []check.Kind{check.Repeated, check.WindowRepeated}, false},
		"a unit comes twice, at most":   {most, 1, func(s *story) { t := pred(s); again(t, 4, 1) }, []check.Kind{check.Repeated, check.WindowRepeated, check.Alien}, true},
		"tokens come twice":             {exactly, 2, func(s *story) { again(s.of(pipeline.TokenizeStage, 0), 1, 1) }, []check.Kind{check.Repeated}, true},
		"tokens are released again":     {anew, 2, func(s *story) { again(s.of(pipeline.TokenizeStage, 0), 1, 1) }, nil, false},
		"df is released by a zombie":    {anew, 2, func(s *story) { t := s.of(pipeline.DFStage, 1); t.insert(3, fence(9, 6)); again(t, 4, 1) }, nil, false},
		"half of a unit released again": {anew, 2, func(s *story) { s.of(pipeline.TokenizeStage, 0).edit(3).From = 11 }, nil, false},
		"a zombie's is left of what is purged": {anew, 2, func(s *story) {
			t := s.of(pipeline.TokenizeStage, 0)
			old := *t.edit(1)
			old.Epoch = 2
			t.remove(0, 3)
			t.insert(0, old)
			t.purged = true
		}, nil, false},
		"one is gone behind what is purged": {anew, 2, func(s *story) {
			t := s.of(pipeline.TokenizeStage, 0)
			t.remove(3, 4)
			t.remove(0, 2)
			t.purged = true
		}, []check.Kind{check.Gap, check.Lost}, true},
		"a released record is gone":     {anew, 2, func(s *story) { s.of(pipeline.TokenizeStage, 0).remove(2, 3) }, []check.Kind{check.Gap, check.Lost}, true},
		"a fence leaves something out":  {anew, 2, func(s *story) { t := s.of(pipeline.TokenizeStage, 0); t.remove(2, 3); t.insert(2, fence(9, 12)) }, []check.Kind{check.Gap, check.Lost}, true},
		"predictions come twice anew":   {anew, 2, func(s *story) { again(pred(s), 2, 1) }, []check.Kind{check.Repeated}, true},
		"a document stands there twice": {exactly, 1, func(s *story) { r := pred(s).edit(2); r.Entries = slices.Insert(r.Entries, 3, r.Entries[2]) }, []check.Kind{check.Repeated}, true},
		"an entry that nobody sent": {exactly, 1, func(s *story) {
			r := pred(s).edit(2)
			e := r.Entries[3]
			e.Position.Line, e.ID = 7, "x"
			r.Entries = slices.Insert(r.Entries, 4, e)
		}, []check.Kind{check.Unexpected}, true},
		"an entry of another partition": {exactly, 2, func(s *story) { r := pred(s).edit(1); r.Entries = append(r.Entries, s.log[8].Entries[0]) }, []check.Kind{check.Unexpected}, true},
		"entries out of order":          {exactly, 1, func(s *story) { r := pred(s).edit(2); r.Entries[3], r.Entries[4] = r.Entries[4], r.Entries[3] }, []check.Kind{check.Disordered}, true},
		"a record is gone":              {exactly, 1, func(s *story) { pred(s).remove(2, 3) }, []check.Kind{check.Gap, check.Lost, check.WindowLost}, true},
		"a record is gone, and may not": {most, 1, func(s *story) { pred(s).remove(3, 5) }, []check.Kind{check.Cursor, check.Gap, check.Lost, check.Sum, check.WindowLost}, true},
		"half a unit again":             {exactly, 1, func(s *story) { pred(s).edit(3).From = 11 }, []check.Kind{check.Overlap, check.Repeated}, true},
		"a zombie":                      {exactly, 1, func(s *story) { pred(s).insert(3, fence(2, 12)); later(pred(s), 5, 2) }, []check.Kind{check.Fence}, true},
		"two fences of one epoch":       {exactly, 1, func(s *story) { pred(s).insert(3, fence(1, 12)) }, []check.Kind{check.Fence}, true},
		"an owner without a fence":      {exactly, 1, func(s *story) { later(pred(s), 3, 2) }, []check.Kind{check.Fence}, true},
		"two owners of one epoch":       {exactly, 1, func(s *story) { pred(s).edit(3).Worker = "x" }, []check.Kind{check.Fence}, true},
		"a fence somewhere else":        {exactly, 1, func(s *story) { pred(s).insert(3, fence(2, 9)); later(pred(s), 4, 2) }, []check.Kind{check.Cursor}, true},
		"an ack that nobody needs":      {exactly, 1, func(s *story) { pred(s).insert(3, ack(12)) }, []check.Kind{check.Alien}, true},
		"an ack before its unit":        {least, 1, func(s *story) { pred(s).insert(3, ack(18)) }, []check.Kind{check.Cursor}, true},
		"a hole where none may be":      {exactly, 1, func(s *story) { hole(pred(s), 2) }, []check.Kind{check.Alien, check.Lost, check.WindowLost}, true},
		"a hole":                        {most, 1, func(s *story) { hole(pred(s), 4) }, []check.Kind{check.Lost, check.WindowLost}, false},
		"a unit without a claim":        {most, 1, func(s *story) { pred(s).remove(3, 4) }, []check.Kind{check.Alien}, true},
		"lost, and no hole says so":     {most, 2, func(s *story) { r := pred(s).edit(2); r.Entries = r.Entries[1:] }, []check.Kind{check.Lost, check.Sum}, true},
		"a df value is missing":         {exactly, 2, func(s *story) { s.of(pipeline.DFStage, 1).edit(2).Values-- }, []check.Kind{check.Sum}, true},
		"a df value too many":           {exactly, 2, func(s *story) { s.of(pipeline.DFStage, 0).edit(2).Values++ }, []check.Kind{check.Sum}, true},
		"a window twice": {exactly, 2, func(s *story) {
			t := s.of(pipeline.TopicsStage, 0)
			w := t.edit(1).Windows[0]
			r := t.edit(3)
			r.Windows = append(r.Windows, w)
		}, []check.Kind{check.WindowRepeated}, true},
		"a window never":        {exactly, 2, func(s *story) { s.of(pipeline.TopicsStage, 0).edit(1).Windows = nil }, []check.Kind{check.WindowLost}, true},
		"a window of nothing":   {exactly, 2, func(s *story) { r := s.of(pipeline.TopicsStage, 0).edit(1); r.Windows = append(r.Windows, window(90)) }, []check.Kind{check.WindowUnexpected}, true},
		"a window counts wrong": {exactly, 2, func(s *story) { s.of(pipeline.TopicsStage, 0).edit(1).Windows[0].Documents++ }, []check.Kind{check.WindowDiffers}, true},
		"windows of documents move on": {least, 1, func(s *story) {
			again(pred(s), 2, 1)
			t := pred(s)
			for i := 3; i < len(t.records); i++ {
				r := t.edit(i)
				for j := range r.Windows {
					r.Windows[j].Number += 90
				}
			}
		}, []check.Kind{check.Repeated, check.WindowDiffers, check.WindowUnexpected}, false},
		"a late document of nothing": {exactly, 2, func(s *story) {
			r := s.of(pipeline.TopicsStage, 0).edit(1)
			r.Late = append(r.Late, lateDocument(7))
		}, []check.Kind{check.WindowUnexpected}, true},
		"a late document never told": {exactly, 2, func(s *story) { s.log[2].Late = append(s.log[2].Late, lateDocument(3)) }, []check.Kind{check.WindowLost}, true},
		"a late document that an older program only counts": {exactly, 2, func(s *story) {
			s.log[2].Late = append(s.log[2].Late, lateDocument(3))
			t := s.of(pipeline.TopicsStage, 0)
			for _, i := range t.units() {
				c := &t.edit(i).Counts[0]
				c.Windowed, c.Late = c.Windowed-1, c.Late+1
			}
		}, nil, false},
		"late, and not in": {exactly, 2, func(s *story) { s.of(pipeline.TopicsStage, 0).edit(5).Counts[0].Late++ }, []check.Kind{check.Sum}, true},
		"a window loses one": {exactly, 2, func(s *story) {
			c := &s.of(pipeline.TopicsStage, 0).edit(5).Counts[0]
			c.In, c.Windowed = c.In-1, c.Windowed-1
		}, []check.Kind{check.Sum}, true},
		"another label":       {exactly, 1, func(s *story) { pred(s).edit(2).Entries[1].Label = "science" }, []check.Kind{check.Differs}, true},
		"another label, may":  {least, 1, func(s *story) { pred(s).edit(2).Entries[1].Label = "science" }, []check.Kind{check.Differs}, false},
		"the last bit":        {exactly, 1, func(s *story) { p := &pred(s).edit(2).Entries[1].Probability; *p = math.Nextafter(*p, 1) }, []check.Kind{check.Differs}, true},
		"another document":    {exactly, 1, func(s *story) { pred(s).edit(2).Entries[1].ID = "x" }, []check.Kind{check.Differs}, true},
		"another df":          {exactly, 1, func(s *story) { e := pred(s).edit(5).Entries; e[len(e)-1].DFDigest++ }, []check.Kind{check.Digest}, true},
		"not at its end":      {exactly, 1, func(s *story) { pred(s).remove(4, 6) }, nil, false},
		"it should be":        {exactly, 1, func(s *story) { pred(s).remove(4, 6); s.finished = true }, []check.Kind{check.Lost}, true},
		"tokens end too soon": {exactly, 2, func(s *story) { s.of(pipeline.TokenizeStage, 0).remove(4, 6) }, []check.Kind{check.Lost}, true},
		"beyond the log": {exactly, 1, func(s *story) {
			pred(s).add(check.Record{Header: guarantees.Header{Kind: guarantees.Done, Epoch: 1, From: 32, To: 40}})
		}, []check.Kind{check.Unexpected}, true},
		"purged": {exactly, 2, func(s *story) { t := s.of(pipeline.TokenizeStage, 0); t.remove(0, 3); t.purged = true }, nil, false},
		"purged to a fence": {exactly, 2, func(s *story) {
			t := s.of(pipeline.TokenizeStage, 0)
			t.insert(3, fence(2, 12))
			later(t, 4, 2)
			t.remove(0, 3)
			t.purged = true
		}, nil, false},
		"another ledger": {exactly, 1, func(s *story) {
			s.proofs = []ledger.Proof{{Broken: 9, First: []ledger.Break{{Record: 3, From: 7, To: 12}}}}
		}, []check.Kind{check.Ledger}, true},
		"an empty log": {exactly, 1, func(s *story) { s.log = nil; pred(s).remove(1, 6) }, nil, false},
	}
}

// later gives all records from an index on to another epoch.
func later(t *told, from int, epoch uint64) {
	for i := from; i < len(t.records); i++ {
		t.records[i].Epoch = epoch
	}
}

// hole puts a hole in the place of a unit.
func hole(t *told, i int) {
	r := t.edit(i)
	*r = check.Record{Header: guarantees.Header{Kind: guarantees.Hole, Epoch: 1, From: r.From, To: r.To, Worker: "w"}}
}

func found(t interface{ Fatal(...any) }, s *story) (check.Report, []check.Kind) {
	r, err := check.Check(s.history())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []check.Kind
	for _, f := range r.Findings {
		if !slices.Contains(kinds, f.Kind) {
			kinds = append(kinds, f.Kind)
		}
	}
	slices.Sort(kinds)
	return r, kinds
}

// Properties: each thing that goes wrong is found and called by its name, nothing
// else is, and the claim decides whether it is broken.
func TestWhatWentWrongIsFound(t *testing.T) {
	for name, c := range stories() {
		s := healthy(c.claim, c.n, 30, []uint64{6, 12, 18, 24})
		c.spoil(s)
		r, kinds := found(t, s)
		slices.Sort(c.want)
		if !slices.Equal(kinds, c.want) || r.Broken != c.broken {
			t.Errorf("%s: %v, broken %t; want %v, %t\n%v", name, kinds, r.Broken, c.want, c.broken, r.Findings)
		}
	}
}

// Properties: what is lost is told by where: before all that is there, between,
// or behind.
func TestWhereItIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		from, to             int // entries of the whole log that are cut out
		beginning, mid, tail uint64
	}{
		"beginning": {0, 4, 4, 0, 0},
		"middle":    {20, 23, 0, 3, 0},
		"end":       {57, 61, 0, 0, 4},
		"all":       {0, 61, 61, 0, 0},
	} {
		s := healthy(exactly, 1, 30, nil)
		r := s.of(pipeline.ClassifyStage, 0).edit(1)
		r.Entries = slices.Delete(r.Entries, c.from, c.to)
		report, _ := found(t, s)
		i := slices.IndexFunc(report.Findings, func(f check.Finding) bool { return f.Kind == check.Lost })
		if i < 0 {
			t.Fatalf("%s: %v", name, report.Findings)
		}
		if f := report.Findings[i]; f.Beginning != c.beginning || f.Middle != c.mid || f.End != c.tail || f.Count != uint64(c.to-c.from) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Properties, of runs of any length, cut anywhere, under each promise:
//   - of one in which nothing went wrong nothing is found, and at each partition
//     of a stage what came in is what came out, was refused or is under way;
//   - one thing that goes wrong anywhere is found.
func TestAnythingAnywhereIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claim := rapid.SampledFrom([]guarantees.Promise{exactly, least, most}).Draw(t, "claim")
		n := rapid.SampledFrom([]int{1, 2, 3}).Draw(t, "partitions")
		messages := rapid.IntRange(1, 60).Draw(t, "messages")
		var cuts []uint64
		for at := uint64(0); at < uint64(messages); {
			at += rapid.Uint64Range(1, 12).Draw(t, "cut")
			cuts = append(cuts, at)
		}
		s := healthy(claim, n, messages, cuts)
		r, kinds := found(t, s)
		if len(kinds) > 0 || r.Unfinished > 0 {
			t.Fatalf("nothing is wrong: %v", r.Findings)
		}
		for _, a := range r.Stages {
			if a.In != a.Out+a.Rejected+a.Lost+a.Holes+a.InFlight+a.Purged {
				t.Fatalf("%+v", a)
			}
		}
		what, want := spoilAnything(t, s)
		r, kinds = found(t, s)
		if want != "" && !slices.Contains(kinds, want) {
			t.Fatalf("%s: %v, want %s", what, r.Findings, want)
		}
	})
}

// spoilAnything does one thing to one record of a story.
func spoilAnything(t *rapid.T, s *story) (what string, want check.Kind) {
	told := rapid.SampledFrom(s.streams).Draw(t, "stream")
	units := told.units()
	i := rapid.SampledFrom(units).Draw(t, "unit")
	r := told.edit(i)
	entry := -1
	if len(r.Entries) > 0 {
		entry = rapid.IntRange(0, len(r.Entries)-1).Draw(t, "entry")
	}
	what = rapid.SampledFrom([]string{"entry", "twice", "swap", "unit", "again", "epoch", "window", "value", "label"}).Draw(t, "what")
	switch {
	case what == "entry" && entry >= 0:
		r.Entries = slices.Delete(r.Entries, entry, entry+1)
		return what, check.Lost
	case what == "twice" && entry >= 0:
		r.Entries = slices.Insert(r.Entries, entry, r.Entries[entry])
		return what, check.Repeated
	case what == "swap" && entry > 0:
		r.Entries[entry], r.Entries[entry-1] = r.Entries[entry-1], r.Entries[entry]
		return what, check.Disordered
	case what == "unit" && i != units[len(units)-1]:
		told.remove(i, i+1)
		return what, check.Gap
	case what == "again":
		again(told, i, 1)
		return what, check.Repeated
	case what == "epoch":
		r.Epoch++
		return what, check.Fence
	case what == "window" && len(r.Windows) > 0:
		r.Windows = r.Windows[1:]
		return what, check.WindowLost
	case what == "value" && r.Values > 0:
		r.Values--
		return what, check.Sum
	case what == "label" && entry >= 0 && told.stage == pipeline.ClassifyStage && r.Entries[entry].Kind == pipeline.DocumentEntry:
		r.Entries[entry].Label = "x"
		return what, check.Differs
	}
	return what, ""
}

// Properties: a history that cannot be read is an error, and no verdict.
func TestAHistoryThatCannotBeReadIsAnError(t *testing.T) {
	s := healthy(exactly, 1, 5, nil)
	h := s.history()
	h.Streams[0].Records = func(yield func(check.Record, error) bool) { yield(check.Record{}, errDamaged) }
	if _, err := check.Check(h); err != errDamaged {
		t.Errorf("a stream: %v", err)
	}
	h = s.history()
	h.Log = func(yield func(check.Message, error) bool) { yield(check.Message{}, errDamaged) }
	if _, err := check.Check(h); err != errDamaged {
		t.Errorf("the log: %v", err)
	}
}

type damaged string

func (d damaged) Error() string { return string(d) }

const errDamaged = damaged("damaged")

// lateDocument is one that was too late for a window of partition 0.
func lateDocument(sequence uint64) topics.Late {
	return topics.Late{Definition: "count:5", Position: topics.Place{Position: tidings.Position{Sequence: sequence}}, ID: "late"}
}
