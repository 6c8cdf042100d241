package tidings_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	linkPattern = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codePattern = regexp.MustCompile("`([^`]+)`")
	namePattern = regexp.MustCompile(`^(?:([a-z]+)\.)?([A-Za-z][A-Za-z0-9]*)$`)
)

// Properties: a link in the documents leads to a file of the project, and to a
// heading that is there.
func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range append(pages, "README.md", "DESIGN.md", "CHANGELOG.md") {
		for _, found := range linkPattern.FindAllStringSubmatch(read(t, page), -1) {
			path, anchor, anchored := strings.Cut(found[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			links++
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, found[1])
			} else if anchored && !headings(read(t, target))[anchor] {
				t.Errorf("%s leads to %s, and %s has no such heading", page, found[1], target)
			}
		}
	}
	if links < 20 {
		t.Errorf("%d links were found, the documents have more", links)
	}
}

// Properties: DESIGN.md tells what each room holds; commands are in one line, and
// rooms that only tests import are left out.
func TestDesignNamesEveryRoom(t *testing.T) {
	design := read(t, "DESIGN.md")
	_, table, _ := strings.Cut(design, "\n## Rooms and arrows\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for room := range rooms {
		if room == "." || strings.HasPrefix(room, "cmd") || strings.HasSuffix(room, "test") {
			continue
		}
		if !strings.Contains(table, "`"+room+"`") {
			t.Errorf("the rooms of DESIGN.md leave out %s", room)
		}
	}
}

// Properties: what docs/limits.md calls by a name stands under that name in the
// code: pkg.Name in the package, name in the folder that the row tells with of.
func TestLimitsHaveTheirNames(t *testing.T) {
	names := 0
	for line := range strings.Lines(read(t, "docs/limits.md")) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[2], "`") {
			continue
		}
		folder := ""
		if _, of, found := strings.Cut(cells[2], "` of `"); found {
			folder, _, _ = strings.Cut(of, "`")
		}
		for _, code := range codePattern.FindAllStringSubmatch(cells[2], -1) {
			name := namePattern.FindStringSubmatch(code[1])
			if name == nil || code[1] == folder {
				continue
			}
			names++
			if !declared(t, name[1], folder, name[2]) {
				t.Errorf("docs/limits.md names %s, and no such name is in the code:\n%s", code[0], line)
			}
		}
	}
	if names < 60 {
		t.Errorf("%d names were found in docs/limits.md, it has more", names)
	}
}

// declared says whether a name stands in the code: in the folder, else in one of
// the package's name, else anywhere.
func declared(t *testing.T, room, folder, name string) bool {
	word := regexp.MustCompile(`(?m)^\t?(const |var |type )?([A-Za-z0-9]+, )*` + name + `\b`)
	found := false
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || found || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		in := filepath.ToSlash(filepath.Dir(path))
		if folder != "" && in != folder || room != "" && room != "tidings" && filepath.Base(in) != room {
			return nil
		}
		found = word.MatchString(read(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// headings are the anchors of a page, as they are made of its headings.
func headings(page string) map[string]bool {
	anchors := map[string]bool{}
	for line := range strings.Lines(page) {
		if title, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); found && strings.HasPrefix(line, "#") {
			anchors[strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(title))] = true
		}
	}
	return anchors
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
