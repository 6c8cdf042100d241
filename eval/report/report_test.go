package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hostile is text that would run in a page that believed it.
const hostile = `</text><script>alert(1)</script>&"'<img src=x onerror=alert(2)>`

func example(name string) Experiment {
	return Experiment{
		Format: format, Name: name, Title: "What loss costs " + hostile, Question: "Does it " + hostile + "?",
		Claims: []Claim{
			{Text: "1 % of loss costs .31 points of accuracy, .28 to .35 " + hostile, Test: "sign flip over 20 seeds, Holm", Holds: Shown, P: .00001},
			{Text: "Repetition costs less than .2 points", Test: "two one-sided t tests", Holds: Open, P: .21},
			{Text: "It took 3 s", Holds: Observed},
		},
		Tables: []Table{{
			Name: "by-dose", Title: "By dose", Remark: hostile,
			Columns: []Column{{Name: "dose", Unit: "%"}, {Name: "accuracy", Decimals: 4}, {Name: "theirs", Decimals: 1, Published: true}},
			Rows:    [][]Cell{{Text("none " + hostile), Number(.80111), {}}, {Number(1), Number(.79), Number(77.3)}},
		}},
		Figures: []Figure{
			{Name: "curve", Title: "Accuracy " + hostile, X: Axis{Title: "loss, % " + hostile, Log: true}, Y: Axis{Title: "accuracy"},
				Lines: []Line{
					{Name: "lost " + hostile, Points: []Point{{X: .1, Y: .8}, {X: 1, Y: .79, Low: .78, High: .795}, {X: 10, Y: .7, Low: .69, High: .72}}},
					{Name: "published", Published: true, Points: []Point{{X: 1, Y: .773}}},
				}},
			{Name: "shares", Title: "Shares", Y: Axis{Title: "%"}, Names: []string{"sport", "science " + hostile},
				Bars: []Bars{{Name: "truth", Values: []float64{50, 50}}, {Name: "counted", Values: []float64{46.7, 35.5}}}},
		},
		Notes: []string{hostile},
		Origin: Origin{Command: "compare dose --seed 1", Seed: 1, Version: "(devel)", Go: "go1.26", Machine: "2 cores", Source: "sample",
			Documents: 20_000, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Seconds: 61},
	}
}

// What is written is read again, and its page is the same then, byte for byte.
func TestDirectoriesHoldAllThatAPageShows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [new] dir*")
	all := []Experiment{example("bias"), example("dose")}
	for _, e := range []Experiment{all[1], all[0]} {
		if err := Write(dir, e); err != nil {
			t.Fatal(err)
		}
	}
	read, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, read, cmp.AllowUnexported(Cell{})); diff != "" {
		t.Errorf("read again (- written, + read):\n%s", diff)
	}
	var first, second bytes.Buffer
	if err := errors.Join(Page(&first, "Findings", all), Page(&second, "Findings", read), WritePage(dir, "Findings", read)); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("the page is another one")
	}
	stored, err := os.ReadFile(filepath.Join(dir, PageName))
	if err != nil || !bytes.Equal(stored, first.Bytes()) {
		t.Errorf("the stored page is another one (%v)", err)
	}
	csv, err := os.ReadFile(filepath.Join(dir, "dose-by-dose.csv"))
	if want := "dose %,accuracy,theirs\n"; err != nil || !strings.HasPrefix(string(csv), want) || !strings.HasSuffix(string(csv), "\n1,0.79,77.3\n") {
		t.Errorf("the table as CSV: %q (%v)", csv, err)
	}
	csv, err = os.ReadFile(filepath.Join(dir, "dose-curve.csv"))
	if err != nil || !strings.HasSuffix(string(csv), ",10,0.7,0.69,0.72\npublished,1,0.773,,\n") {
		t.Errorf("the figure as CSV: %q (%v)", csv, err)
	}
}

// The page is well formed but for what HTML leaves open, fetches nothing and runs
// nothing, whatever names and labels say.
func TestPagesBelieveNoText(t *testing.T) {
	var out bytes.Buffer
	if err := Page(&out, hostile, []Experiment{example("dose")}); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(out.String(), "<!DOCTYPE html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	figures := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, is := token.(xml.StartElement)
		if !is {
			continue
		}
		switch start.Name.Local {
		case "script", "img", "link", "iframe", "object", "use", "image":
			t.Errorf("the page has an element %s", start.Name.Local)
		case "svg":
			figures++
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") {
				t.Errorf("the page has an attribute %s=%q", a.Name.Local, a.Value)
			}
		}
	}
	if figures != 2 {
		t.Errorf("%d figures, want 2", figures)
	}
}

func TestWhatIsNoExperimentIsRefused(t *testing.T) {
	change := func(f func(*Experiment)) Experiment {
		e := example("dose")
		f(&e)
		return e
	}
	for name, tt := range map[string]struct {
		e    Experiment
		says string
	}{
		"a name that leads elsewhere": {change(func(e *Experiment) { e.Name = "../dose" }), `"../dose"`},
		"two of one name":             {change(func(e *Experiment) { e.Figures[0].Name = "by-dose" }), "each once"},
		"a row too short":             {change(func(e *Experiment) { e.Tables[0].Rows[1] = []Cell{{}} }), "row 2 has 1 cells, for 3 columns"},
		"no number":                   {change(func(e *Experiment) { e.Tables[0].Rows[1][1] = Number(math.NaN()) }), "row 2 holds NaN"},
		"a point nowhere":             {change(func(e *Experiment) { e.Figures[0].Lines[0].Points[0].Y = math.Inf(1) }), "no place"},
		"0 on a logarithmic axis":     {change(func(e *Experiment) { e.Figures[0].Lines[0].Points[0].X = 0 }), "logarithmic"},
		"bars without categories":     {change(func(e *Experiment) { e.Figures[1].Names = nil }), "2 values, for 0 categories"},
		"too many tables":             {change(func(e *Experiment) { e.Tables = make([]Table, TablesMax+1) }), "65 tables"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			err := Write(dir, tt.e)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want one that says %q", err, tt.says)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%d files are left", len(left))
			}
			if err := Page(io.Discard, "", []Experiment{tt.e}); err == nil {
				t.Error("there is a page of it")
			}
		})
	}
}

func TestDirectoriesThatCannotBeRead(t *testing.T) {
	write := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, tt := range map[string]struct{ dir, says string }{
		"not there":        {filepath.Join(t.TempDir(), "no"), "it does not exist"},
		"empty":            {t.TempDir(), ErrNone.Error()},
		"cut off":          {write("dose.json", `{"format":1,`), "is no experiment"},
		"of another time":  {write("dose.json", `{"format":2,"name":"dose"}`), "format 2, this program reads 1"},
		"without a name":   {write("dose.json", `{"format":1}`), "an experiment is called"},
		"a cell of a list": {write("dose.json", `{"format":1,"name":"dose","tables":[{"name":"t","columns":[{}],"rows":[[[]]]}]}`), "neither a number nor a text"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(tt.dir); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want one that says %q", err, tt.says)
			}
		})
	}
	blocked := write("file", "")
	if err := Write(filepath.Join(blocked, "file"), example("dose")); err == nil || !strings.Contains(err.Error(), "cannot be kept") {
		t.Errorf("into a file that is in the way: %v", err)
	}
}

// Whatever a file says, it is refused or can be shown, and never ends the
// program.
func FuzzReadShows(f *testing.F) {
	data, err := json.Marshal(example("dose"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":1,"name":"a","figures":[{"name":"b","x":{"log":true},"lines":[{"points":[{"x":1,"y":1}]}]}]}`))
	f.Add([]byte(`{"format":1,"name":"a","figures":[{"name":"b"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "e.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := read(path)
		if err != nil {
			return
		}
		_ = Page(io.Discard, "", []Experiment{e}) // an error is well
	})
}
