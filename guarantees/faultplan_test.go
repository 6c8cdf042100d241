package guarantees_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings/guarantees"
)

func partitions() map[string]int {
	return map[string]int{"tokenize": 2, "df": 3, "classify": 2, "topics": 1}
}

func TestAFaultPlanIsReadAsItIsWritten(t *testing.T) {
	f := func(kind guarantees.FaultKind) guarantees.Fault { return guarantees.Fault{Kind: kind, Partition: -1} }
	tests := map[string]func() guarantees.Fault{
		"kill:classify/1@5000": func() guarantees.Fault {
			x := f(guarantees.Kill)
			x.Stage, x.Partition, x.At = "classify", 1, 5000
			return x
		},
		"kill[begun]:df@300": func() guarantees.Fault {
			x := f(guarantees.Kill)
			x.Stage, x.At, x.Point = "df", 300, guarantees.Begun
			return x
		},
		"kill@0": func() guarantees.Fault { return f(guarantees.Kill) },
		"pause:df/0@8000 for 10s": func() guarantees.Fault {
			x := f(guarantees.Pause)
			x.Stage, x.Partition, x.At, x.For = "df", 0, 8000, 10*time.Second
			return x
		},
		"drop-ack:1%": func() guarantees.Fault { x := f(guarantees.DropAck); x.Share = 0.01; return x },
		"drop-ack:classify 7%": func() guarantees.Fault {
			x := f(guarantees.DropAck)
			x.Stage, x.Share = "classify", 0.07
			return x
		},
		"publish-fail:0.5%": func() guarantees.Fault { x := f(guarantees.PublishFails); x.Share = 0.005; return x },
		"duplicate:100%":    func() guarantees.Fault { x := f(guarantees.Duplicate); x.Share = 1; return x },
		"reorder:16":        func() guarantees.Fault { x := f(guarantees.Reorder); x.Window = 16; return x },
		"reorder:df/2 16 5%": func() guarantees.Fault {
			x := f(guarantees.Reorder)
			x.Stage, x.Partition, x.Window, x.Share = "df", 2, 16, 0.05
			return x
		},
		"delay:50ms":               func() guarantees.Fault { x := f(guarantees.Delay); x.For = 50 * time.Millisecond; return x },
		"slow-disk:20ms":           func() guarantees.Fault { x := f(guarantees.SlowDisk); x.For = 20 * time.Millisecond; return x },
		"broker-restart@20000":     func() guarantees.Fault { x := f(guarantees.BrokerRestart); x.At = 20000; return x },
		"disconnect:classify@3000": func() guarantees.Fault { x := f(guarantees.Disconnect); x.Stage, x.At = "classify", 3000; return x },
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			got, err := guarantees.ParseFaults(text, partitions())
			if err != nil || len(got) != 1 || got[0] != want() {
				t.Fatalf("%+v, %v; want %+v", got, err, want())
			}
			if got[0].String() != text {
				t.Errorf("written as %q", got[0])
			}
		})
	}
}

// Properties: a plan may stand in several lines, with comments and blanks;
// problems name file and line, what there is, and what is near, all at once.
func TestWhatIsWrongWithAFaultPlan(t *testing.T) {
	plan, err := guarantees.ParseFaultFile("plan.faults", "# two\nkill:df@3 , delay:1s # late\n\n\tpause : df @ 7  for 2s\n", partitions())
	if err != nil || guarantees.FormatFaults(plan) != "kill:df@3, delay:1s, pause:df@7 for 2s" {
		t.Fatalf("%v, %v", plan, err)
	}
	chained := map[string]int{"tokenize": 0, "df": 0, "classify": 1, "topics": 0}
	tests := map[string]struct {
		stages map[string]int
		wants  []string
	}{
		"kil:df@1":                        {wants: []string{`no fault is called "kil"; did you mean "kill"?`, "broker-restart"}},
		"kill:clasify@1":                  {wants: []string{`no stage is called "clasify"; did you mean "classify"?`, "classify, df, tokenize, topics"}},
		"kill:df/3@1":                     {wants: []string{`df has no partition "3"; it has 0 to 2`}},
		"kill:df/-1@1":                    {wants: []string{`df has no partition "-1"`}},
		"kill:df/01@1":                    {wants: []string{`df has no partition "01"`}},
		"kill[begin]:df@1":                {wants: []string{`no point is called "begin"; did you mean "begun"?`}},
		"kill[begun:df@1":                 {wants: []string{"bracket"}},
		"kill:df":                         {wants: []string{"does not say when"}},
		"kill:df@soon":                    {wants: []string{`"soon" is no number of documents`}},
		"kill:df@1 for 3s":                {wants: []string{"kill does not last"}},
		"pause:df@1":                      {wants: []string{"for how long", "pause:df/0@8000 for 10s"}},
		"pause:df@1 for 10":               {wants: []string{`"10" is no time`, "unit"}},
		"pause:df@1 for -1s":              {wants: []string{`"-1s" is no time`}},
		"delay:50":                        {wants: []string{`"50" is no time`}},
		"delay":                           {wants: []string{"write delay:50ms"}},
		"drop-ack:1":                      {wants: []string{`"1" is no share`}},
		"drop-ack:0%":                     {wants: []string{`"0%" is no share`}},
		"drop-ack:101%":                   {wants: []string{`"101%" is no share`}},
		"drop-ack:NaN%":                   {wants: []string{"drop-ack"}},
		"drop-ack:df":                     {wants: []string{"a value is missing"}},
		"drop-ack:df 1% 2%":               {wants: []string{`"2%" is too much`}},
		"drop-ack[begun]:1%":              {wants: []string{"no point in brackets"}},
		"reorder:1":                       {wants: []string{`"1" is no number of records from 2 to 1024`}},
		"slow-disk:2s":                    {wants: []string{`up to 1s`}},
		"":                                {wants: []string{"no fault in the plan"}},
		"kil:df@1, delay:5\nkill:sd@x":    {wants: []string{"kil", `"5"`, `"sd"`, `"x"`}},
		"kill:df@5":                       {stages: chained, wants: []string{"df has no worker of its own", "called classify", "--partitions"}},
		strings.Repeat("kill@1,\n", 1001): {wants: []string{"1000 faults at most"}},
	}
	for text, test := range tests {
		t.Run(text[:min(len(text), 30)], func(t *testing.T) {
			if test.stages == nil {
				test.stages = partitions()
			}
			plan, err := guarantees.ParseFaults(text, test.stages)
			if err == nil || plan != nil {
				t.Fatalf("%v is accepted", plan)
			}
			for _, want := range test.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nhas no %q", err, want)
				}
			}
		})
	}
	if _, err := guarantees.ParseFaultFile("plan.faults", "kill@1\n\nkill:clasify@1", partitions()); err == nil || !strings.HasPrefix(err.Error(), "plan.faults:3:") {
		t.Errorf("%v", err)
	}
}

// Properties: each fault that there can be is written so that it is read as
// itself.
func TestEachFaultIsReadAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFault(t)
		got, err := guarantees.ParseFaults(f.String(), partitions())
		if err != nil || !reflect.DeepEqual(got, []guarantees.Fault{f}) {
			t.Fatalf("%+v is written %q and read as %+v (%v)", f, f, got, err)
		}
	})
}

func drawFault(t *rapid.T) guarantees.Fault {
	f := guarantees.Fault{Kind: guarantees.FaultKind(rapid.SampledFrom(guarantees.FaultKinds()).Draw(t, "kind")), Partition: -1}
	f.Stage = rapid.SampledFrom([]string{"", "df", "classify"}).Draw(t, "stage")
	if f.Stage != "" {
		f.Partition = rapid.IntRange(-1, 1).Draw(t, "partition")
	}
	share := rapid.Float64Range(1e-9, 1)
	lasts := func(most time.Duration) time.Duration {
		return time.Duration(rapid.Int64Range(1, int64(most)).Draw(t, "for"))
	}
	switch f.Kind {
	case guarantees.DropAck, guarantees.PublishFails, guarantees.Duplicate:
		f.Share = share.Draw(t, "share")
	case guarantees.Reorder:
		f.Window = rapid.IntRange(2, guarantees.ReorderMax).Draw(t, "window")
		if rapid.Bool().Draw(t, "some") {
			f.Share = share.Draw(t, "share")
		}
	case guarantees.Delay:
		f.For = lasts(guarantees.FaultTimeMax)
	case guarantees.SlowDisk:
		f.For = lasts(guarantees.SlowDiskMax)
	default:
		f.At = rapid.Uint64().Draw(t, "at")
		f.Point = rapid.SampledFrom(append(guarantees.Points(), "")).Draw(t, "point")
		if f.Kind == guarantees.Pause {
			f.For = lasts(guarantees.FaultTimeMax)
		}
	}
	return f
}

// Properties: hostile text is an error and never a panic; what is accepted is
// read as itself when it is written.
func FuzzParseFaults(f *testing.F) {
	for _, text := range []string{
		"kill:classify/1@5000, pause:df/0@8000 for 10s", "drop-ack:1%,duplicate:df 1%\nreorder:16 5%", "kill[begun]@1 for x", "delay:1e3s",
		"#", ":", "kill[", "kill]:@", "reorder: ", "drop-ack:1e400%", "drop-ack:0x1p-2%", "slow-disk:df/1 20ms", "kill:df@18446744073709551616",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := guarantees.ParseFaults(text, partitions())
		if err != nil {
			return
		}
		again, err := guarantees.ParseFaults(guarantees.FormatFaults(plan), partitions())
		if err != nil || !reflect.DeepEqual(again, plan) {
			t.Errorf("%q is read as %v and then as %v (%v)", text, plan, again, err)
		}
	})
}
