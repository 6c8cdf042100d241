package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"tidings/internal/near"
)

const (
	folderEntriesMax = 1000 // of a folder, looked through for a name
	namesShownMax    = 3
)

// nearNames suggests files whose names are like that of a missing one.
func nearNames(path string) string {
	type like struct {
		name     string
		distance int
	}
	var found []like
	want := filepath.Base(path)
	for _, name := range names(filepath.Dir(path)) {
		d := near.Distance(want, name)
		if d <= max(2, len(want)/4) || strings.HasPrefix(name, want+".") {
			found = append(found, like{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b like) int { return a.distance - b.distance })
	var shown []string
	for _, n := range found[:min(len(found), namesShownMax)] {
		shown = append(shown, fmt.Sprintf("%q", filepath.Join(filepath.Dir(path), n.name)))
	}
	if len(shown) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(shown, " or ") + "?"
}

// names returns the names of a folder's files, sorted; none when it cannot be
// read, for they are only suggestions.
func names(folder string) []string {
	f, err := os.Open(folder)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(folderEntriesMax)
	var all []string
	for _, entry := range entries {
		if !entry.IsDir() && utf8.ValidString(entry.Name()) {
			all = append(all, entry.Name())
		}
	}
	slices.Sort(all)
	return all
}
