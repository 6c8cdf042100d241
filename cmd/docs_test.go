package cmd_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference, the man pages and the list of flags anew")

// programs are the commands in the order of the reference page.
var programs = []string{"classify", "ingest", "train", "compare"}

// Properties: the reference page, the man pages and the list of flags that
// configuration files are checked with are what the commands print of
// themselves; man pages are read without a warning.
func TestDocumentsTellTheFlags(t *testing.T) {
	var page, keys bytes.Buffer
	page.WriteString(referenceHead)
	documents := map[string][]byte{}
	for _, name := range programs {
		page.Write(printed(t, name, "reference", "markdown"))
		keys.Write(printed(t, name, "reference", "keys"))
		documents[filepath.Join("docs", "man", name+".1")] = printed(t, name, "reference", "man")
	}
	documents[filepath.Join("docs", "reference.md")] = page.Bytes()
	documents[filepath.Join("internal", "cli", "keys.txt")] = keys.Bytes()
	for path, want := range documents {
		path = filepath.Join("..", path)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s does not tell the flags as they are (%v): `make docs` writes it again", path, err)
		}
		if strings.HasSuffix(path, ".1") {
			checkMan(t, path)
		}
	}
}

func checkMan(t *testing.T, path string) {
	if _, err := exec.LookPath("groff"); err != nil {
		t.Logf("GROFF IS MISSING: nobody has tried whether %s can be read; install groff", path)
		return
	}
	out, err := commandOf(t, "groff", "-man", "-Tutf8", "-ww", "-z", path).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("groff %s: %v\n%s", path, err, out)
	}
}

func printed(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	c := commandOf(t, name, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	return out
}

const referenceHead = "# Reference\n\n" + `What each command and flag does, from the flags themselves: ` + "`make docs`" + ` writes this page, the man pages in ` + "`man/`" + `
and the completion that ` + "`classify completion bash`" + ` prints. ` + "`--help`" + ` of a command says the same.

A flag can also stand in a configuration file, with the flag's name without its dashes, and in the environment. What is given
on the command line counts more than the environment, that more than the file, that more than the default. No file is read
unless ` + "`--config FILE`" + ` or ` + "`TIDINGS_CONFIG`" + ` names it.

` + "```yaml" + `
store: news            # at the top: for every command that has --store
partitions: 2
classify:              # for classify alone
  window: [tumbling:7d, count:500]
  doctor:              # for its subcommand alone
    json: true
ingest:
  columns: {title: headline, text: body}
` + "```" + `

Unknown names, wrong kinds, doubled names, anchors, aliases and tags of YAML are refused with file, line and column, before
anything is done. ` + "`classify config check FILE`" + ` tells all problems at once, ` + "`classify config print`" + ` what each flag is set to
and by what; both exist for each command. A file has 64 KiB at most.

`
