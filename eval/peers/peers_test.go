package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"tidings"
	"tidings/datasets/sample"
)

// Properties:
//   - the plain loop, which is compared with the peers, predicts as many right as
//     the oracle's;
//   - what is not a result of a contender is told, with what it was;
//   - the table has the run in the middle, and ratios of processor time;
//   - contenders that took different documents are not compared.

func TestThePlainLoopIsAsRightAsTheOracles(t *testing.T) {
	var documents []tidings.Document
	articles := sample.New(sample.Options{Documents: 3000})
	for d, ok := articles.Next(); ok; d, ok = articles.Next() {
		documents = append(documents, d)
	}
	one, err := plain(documents)
	if err != nil {
		t.Fatal(err)
	}
	two, err := oracle(pack(documents))
	if err != nil {
		t.Fatal(err)
	}
	if one != two || one < len(documents)/2 {
		t.Errorf("of %d, %d and %d are right", len(documents), one, two)
	}
}

func TestWhatIsNoResultIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		command []string
		want    string
	}{
		"no program":     {[]string{"/no/such/program"}, "no such file"},
		"a failure":      {[]string{"false"}, "exit status 1"},
		"another output": {[]string{"echo", "hello"}, `"hello`},
		"nothing in it":  {[]string{"sh", "-c", "echo {}"}, "measured nothing"},
	} {
		c := contender{command: test.command}
		if _, err := c.run(t.Context(), "file", 0, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", name, err, test.want)
		}
	}
}

func TestTheTableHasMediansAndRatios(t *testing.T) {
	runs := func(documents int, processor ...float64) (all []result) {
		for _, p := range processor {
			all = append(all, result{Version: "v", Documents: documents, Right: documents / 2, Seconds: 2 * p, ProcessorSeconds: p})
		}
		return all
	}
	var out bytes.Buffer
	all := []contender{{name: "one", results: runs(100, 9, 1, 2)}, {name: "two", results: runs(100, 8, 1, 10)}}
	if err := table(&out, "dir/file", all); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "file: 100 documents, medians of 3") ||
		strings.Join(strings.Fields(lines[3]), " ") != "two 6 80000.0 4.00 0.5000 v" {
		t.Errorf("printed\n%s", out.String())
	}
	all[1].results = runs(99, 1)
	if err := table(io.Discard, "file", all); err == nil || !strings.Contains(err.Error(), "two took 99 documents") {
		t.Errorf("other documents: %v", err)
	}
}
