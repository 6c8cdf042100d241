// Package catalogue knows public data sets by name: what they are, under which
// terms, where they are fetched from and how to tell that they came whole. It
// keeps them in a folder, the cache, and says there what --from reads.
//
// The one rule to keep: a file that stands in the cache under its own name is
// whole, for it got that name after its size and checksum were right. What is
// under way has a name of its own beside it, and a lock says who works on it.
//
// The table is data and never changes while a program runs. A Fetcher owns its
// connections; the files belong to whoever uses the cache, several processes
// at once if need be.
package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"tidings/internal/near"
)

// Entry is one data set.
type Entry struct {
	Name      string // in commands: small letters, digits and "-"
	Title     string
	About     string // what it is, in a sentence or two
	Documents uint64 // 0: it has no end
	Labels    int    // 0: not counted
	Language  string
	Terms     string // licence or terms, in a sentence
	TermsURL  string
	Cite      string // the publication to cite
	Home      string // where it is told about
	Files     []File // none: fetched day by day
	Parts     []Part
}

// File is one file of a data set.
type File struct {
	Name   string   // in the cache
	URLs   []string // the source, then its mirrors
	Bytes  int64    // its size; 0 where it is published only roughly
	About  int64    // its rough size, where Bytes is 0
	SHA256 string   // in hexadecimal; "" where none is published
	Source string   // who published size and checksum
}

// Size is how much there is to fetch, roughly where it is not known exactly.
func (f File) Size() int64 { return max(f.Bytes, f.About) }

// Part is a part of a data set that can be read by itself, as in ag-news:test.
type Part struct {
	Name      string
	Documents uint64
	File      string // the file that it is, or is in
	Folder    string // the folder of the archive that it is; "": all of the file
}

// Size is how much there is to fetch, roughly; 0 where that depends.
func (e Entry) Size() (bytes int64) {
	for _, f := range e.Files {
		bytes += f.Size()
	}
	return bytes
}

// Daily says whether the data set is fetched day by day, in a range that
// whoever asks for it gives.
func (e Entry) Daily() bool { return len(e.Files) == 0 }

// From is what --from can be given, for people.
func (e Entry) From() []string {
	if e.Daily() {
		return []string{Events + ":2024-01-01..2024-03-31", Events + ":2024-03", Events + ":2024-03-11"}
	}
	from := []string{e.Name}
	for _, p := range e.Parts {
		from = append(from, e.Name+":"+p.Name)
	}
	return from
}

// Find returns the data set of that name. The error lists what there is, the
// likeliest first.
func Find(name string) (Entry, error) {
	if name == Events {
		name = eventsEntry
	}
	for _, e := range Entries() {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("no data set is called %.60q; %s", name, suggest(name))
}

// Is says whether a spec of --from names a data set or a part of one, known or
// not: a file of that name is written ./ag-news.
func Is(spec string) bool {
	name, _, _ := strings.Cut(spec, ":")
	return name == Events || slices.ContainsFunc(Entries(), func(e Entry) bool { return e.Name == name })
}

// Near is the name of the data set that somebody may have meant, "" when none
// is like it.
func Near(name string) string {
	asked := letters(name)
	nearest, best := "", max(2, len(asked)/3)+1
	for _, e := range Entries() {
		d := near.Distance(asked, letters(e.Name))
		if len(asked) > 2 && strings.Contains(letters(e.Name), asked) {
			d = 0
		}
		if d < best {
			nearest, best = e.Name, d
		}
	}
	return nearest
}

// Names lists the names of the data sets.
func Names() (names []string) {
	for _, e := range Entries() {
		names = append(names, e.Name)
	}
	return names
}

// suggest says what there is.
func suggest(name string) string {
	names := Names()
	all := "there are " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	if meant := Near(name); meant != "" {
		return fmt.Sprintf("did you mean %q? %s", meant, all)
	}
	return all
}

// letters leaves what people remember of a name.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name[:min(len(name), 64)]))
}
