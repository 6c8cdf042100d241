package pipeline

import (
	"strings"
	"testing"

	"tidings/guarantees"
)

func TestParsePromises(t *testing.T) {
	tests := map[string]struct {
		guarantee, recovery string
		all                 string
		stages              map[string]string
		says                string
	}{
		"nothing said":                 {all: "exactly-once by commit"},
		"a guarantee":                  {guarantee: "at-least-once", all: "at-least-once by kept"},
		"a recovery alone":             {recovery: "rollback", all: "at-least-once by rollback"},
		"both":                         {guarantee: "at-least-once", recovery: "rollback", all: "at-least-once by rollback"},
		"a stage of its own":           {guarantee: "exactly-once,df=at-most-once", all: "exactly-once by commit", stages: map[string]string{"df": "at-most-once by claim"}},
		"only a stage":                 {guarantee: "topics=at-least-once", all: "exactly-once by commit", stages: map[string]string{"topics": "at-least-once by kept"}},
		"a stage's recovery":           {guarantee: "at-least-once", recovery: "df=rollback", all: "at-least-once by kept", stages: map[string]string{"df": "at-least-once by rollback"}},
		"a stage like the rest":        {guarantee: "at-least-once,df=at-least-once", all: "at-least-once by kept"},
		"misspelt":                     {guarantee: "exacly-once", says: `did you mean "exactly-once"`},
		"misspelt recovery":            {recovery: "rolback", says: `did you mean "rollback"`},
		"a recovery of another":        {guarantee: "at-most-once", recovery: "commit", says: "by claim"},
		"no such stage":                {guarantee: "exactly-once,classfy=at-most-once", says: "tokenize, df, classify, topics"},
		"two for all":                  {guarantee: "exactly-once,at-most-once", says: "both for all"},
		"a guarantee where a recovery": {recovery: "at-most-once", says: "not known"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			all, stages, err := ParsePromises(tt.guarantee, tt.recovery)
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %v, want one that says %s", err, tt.says)
				}
				return
			}
			if err != nil || all.String() != tt.all || len(stages) != len(tt.stages) {
				t.Fatalf("%v and %v (%v)", all, stages, err)
			}
			for stage, want := range tt.stages {
				if stages[stage].String() != want {
					t.Errorf("%s promises %v", stage, stages[stage])
				}
			}
		})
	}
}

func TestTheClaimIsTheWeakestPromise(t *testing.T) {
	p := Plan{Partitions: Partitions{2, 2, 2, 2}, Stages: map[string]guarantees.Promise{
		DFStage: {Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}, TopicsStage: {Guarantee: guarantees.AtMostOnce, Recovery: guarantees.Claim},
	}}.WithDefaults()
	if got := p.Claim().Guarantee; got != guarantees.AtMostOnce {
		t.Errorf("the claim is %s", got)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	p.Partitions = Partitions{1, 1, 1, 1}
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "--partitions") {
		t.Errorf("stages of a chain that promise something of their own: %v", err)
	}
}
