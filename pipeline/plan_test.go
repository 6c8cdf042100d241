package pipeline

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tidings/features"
	"tidings/internal/broker"
)

// Properties: what String writes ParsePartitions reads; mistakes are named.
func TestPartitionsAreReadAsTheyAreWritten(t *testing.T) {
	tests := map[string]struct {
		want    Partitions
		wantErr string
	}{
		"1":                         {want: Partitions{1, 1, 1, 1}},
		"4":                         {want: Partitions{4, 4, 4, 4}},
		"df=4,classify=2":           {want: Partitions{1, 4, 2, 1}},
		" topics=3 , tokenize=2":    {want: Partitions{2, 1, 1, 3}},
		"0":                         {wantErr: "1 to 64"},
		"-1":                        {wantErr: "1 to 64"},
		"65":                        {wantErr: "1 to 64"},
		"":                          {wantErr: `no stage is called ""`},
		"clasify=2":                 {wantErr: `no stage is called "clasify"; the stages are tokenize, df, classify, topics`},
		"df=many":                   {wantErr: "write 4 for all stages, or df=4,classify=2"},
		"df=2,classify=99999999999": {wantErr: "1 to 64"},
	}
	for text, test := range tests {
		t.Run(text, func(t *testing.T) {
			got, err := ParsePartitions(text)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one that says %q", err, test.wantErr)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("%+v, %v; want %+v", got, err, test.want)
			}
			if again, err := ParsePartitions(got.String()); err != nil || again != got {
				t.Errorf("%q is read as %+v, %v", got, again, err)
			}
		})
	}
}

// Properties: the same plan is welcome again; another one is refused with each
// difference; a plan of a newer program is refused by name of its format.
func TestAPipelineKeepsItsPlan(t *testing.T) {
	b, err := broker.Open(t.Context(), broker.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	plan := Plan{}.WithDefaults()
	for range 2 {
		if err := Create(t.Context(), b, plan); err != nil {
			t.Fatal(err)
		}
	}
	other := plan
	other.Partitions.DF, other.Model, other.Features.HashBits = 2, "ftrl", 18
	var differs *PlanError
	if err := Create(t.Context(), b, other); !errors.As(err, &differs) {
		t.Fatalf("error %v, want a PlanError", err)
	}
	text := strings.Join(differs.Differences, "\n")
	for _, want := range []string{"partitions.df: stored 1, asked for 2", `model: stored "arow", asked for "ftrl"`, "features.hash_bits: stored null, asked for 18"} {
		if !strings.Contains(text, want) {
			t.Errorf("differences do not say %q:\n%s", want, text)
		}
	}
	other = plan
	other.Features.NGrams, other.Features.Stem, other.Features.FoldURLs = features.NGrams{Min: 1, Max: 2}, "german", true
	if err := Create(t.Context(), b, other); !errors.As(err, &differs) {
		t.Fatalf("error %v, want a PlanError", err)
	}
	text = strings.Join(differs.Differences, "\n")
	for _, want := range []string{`features.ngrams: stored null, asked for "1-2"`, `features.stem: stored null, asked for "german"`, "features.fold_urls: stored null, asked for true"} {
		if !strings.Contains(text, want) {
			t.Errorf("differences do not say %q:\n%s", want, text)
		}
	}
	newer, err := json.Marshal(map[string]any{"format": planFormat + 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.CreateKey(t.Context(), Name("newer").metaBucket(), planKey, newer); err != nil {
		t.Fatal(err)
	}
	plan.Pipeline = "newer"
	if err := Create(t.Context(), b, plan); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("error %v, want one that names the newer version", err)
	}
}

// Properties: options of text spelt otherwise are the same plan, and a plan that
// was stored before there were any is the plan of their defaults.
func TestOptionsOfTextAtTheirDefaultsAreNotStored(t *testing.T) {
	spelt := Plan{Features: features.Options{Stem: "off", StopWords: "OFF", Normalise: "nfc", NGrams: features.NGrams{Min: 1, Max: 1}}}.WithDefaults()
	if err := (Plan{}.WithDefaults()).Differs(spelt); err != nil {
		t.Error(err)
	}
	stored, err := json.Marshal(spelt.Features)
	if err != nil || string(stored) != "{}" {
		t.Errorf("stored as %s, %v", stored, err)
	}
	if a, b := (Plan{Features: features.Options{Stem: "de"}}).WithDefaults(), (Plan{Features: features.Options{Stem: "german"}}).WithDefaults(); a.Differs(b) != nil {
		t.Errorf("a code and a name differ: %v", a.Differs(b))
	}
}

// Properties: what travels between partitions stays within a record.
func TestLongNGramsDoNotTravel(t *testing.T) {
	long := features.Options{NGrams: features.NGrams{Min: 1, Max: 3}}
	if err := (Plan{Features: long}).WithDefaults().Check(); err != nil {
		t.Errorf("in one worker: %v", err)
	}
	if err := (Plan{Features: long, Partitions: Partitions{1, 2, 1, 1}}).WithDefaults().Check(); err == nil || !strings.Contains(err.Error(), "n-grams 1-3 with several partitions") {
		t.Errorf("with partitions: %v", err)
	}
}

// Properties: all that is wrong with a plan is told at once.
func TestAPlanTellsAllThatIsWrong(t *testing.T) {
	p := Plan{Pipeline: "no spaces", Partitions: Partitions{0, 1, 1, 1}, Model: "arrow"}.WithDefaults()
	err := p.Check()
	for _, want := range []string{"no spaces", "tokenize has 0 partitions", "arrow"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// Properties: a selection names stages with or without partition; whoever runs
// topics is willing to publish for outside readers; a chain cannot be divided.
func TestStagesAreSelected(t *testing.T) {
	plan := Plan{Partitions: Partitions{1, 4, 2, 1}}.WithDefaults()
	all := "tokenize/0,df/0,df/1,df/2,df/3,classify/0,classify/1,topics/0,projection/0"
	tests := map[string]struct {
		willing string
		wantErr string
	}{
		"":                             {willing: all},
		"all":                          {willing: all},
		"df":                           {willing: "df/0,df/1,df/2,df/3"},
		"df/3,df/0,df/1":               {willing: "df/0,df/1,df/3"},
		"classify/1,classify/0,topics": {willing: "classify/0,classify/1,topics/0,projection/0"},
		"clasify":                      {wantErr: `no stage is called "clasify"`},
		"df/4":                         {wantErr: "df has partitions 0 to 3"},
		"df/x":                         {wantErr: "df has partitions 0 to 3"},
	}
	for stages, test := range tests {
		t.Run(stages, func(t *testing.T) {
			r, err := NewRunner(nil, plan, stages, "test")
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one that says %q", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.willing(), ","); got != test.willing {
				t.Errorf("willing to run %s, want %s", got, test.willing)
			}
		})
	}
	if _, err := NewRunner(nil, Plan{}.WithDefaults(), "df", "test"); err == nil || !strings.Contains(err.Error(), "--partitions") {
		t.Errorf("a chain is divided: %v", err)
	}
}
