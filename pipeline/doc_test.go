package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Properties: the package comment names every file of the package, once, and none
// that is not there.
func TestThePackageCommentNamesEveryFile(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "a reader finds it here:")
	named := map[string]int{"doc.go": 1}
	for line := range strings.Lines(table) {
		_, names, _ := strings.Cut(line, "  ")
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			files, err := filepath.Glob(name + ".go")
			if err != nil {
				t.Fatal(err)
			}
			files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
			if len(files) == 0 {
				t.Errorf("doc.go names %q, and there is no such file", name)
			}
			for _, f := range files {
				named[f]++
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") && named[f] != 1 {
			t.Errorf("doc.go names %s %d times: put each file once beside what it is about", f, named[f])
		}
	}
}
