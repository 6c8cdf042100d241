package datasets

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"tidings"
	"tidings/datasets/newsgroups"
	"tidings/datasets/reuters"
	"tidings/datasets/wikitext"
)

// tell finds the format: what is asked for, or what the beginning looks like.
// The error says what it is instead.
func (t *text) tell(forced string) error {
	err := t.tellFormat(forced)
	if cut := t.stream.err; err != nil && isFault(cut) {
		return cut // what was found is cut off before it could be told
	}
	return err
}

func isFault(err error) bool {
	_, is := err.(*fault)
	return is
}

func (t *text) tellFormat(forced string) (err error) {
	switch {
	case forced != "" && forced != FormatJSONL && forced != FormatCSV:
		t.format = forced
		return nil
	case forced != "":
	case reuters.Looks(t.head):
		t.format = FormatReuters
		return nil
	case wikitext.Looks(t.head):
		t.format = FormatWikitext
		return nil
	}
	if err := refuseForeign(t.file, t.head); err != nil {
		return err
	}
	if forced == "" && newsgroups.Looks(t.head) {
		t.format = FormatNewsgroups
		return nil
	}
	if forced == "" && t.among {
		if t.format = t.tellAmong(); t.format != "" {
			return nil
		}
		if plainName(t.name) {
			t.format = FormatText
			return nil
		}
	}
	t.format, err = formatOf(t.file, t.head, forced)
	return err
}

// tellAmong tells rows from prose, for among others a file of prose is a
// document, and its commas are no columns. It returns "" when that is open.
func (t *text) tellAmong() string {
	begin := bytes.TrimLeft(t.head, " \t\r\n")
	switch extension(t.name) {
	case ".jsonl", ".ndjson", ".json", ".csv", ".tsv":
		return ""
	}
	if objects, others := countObjects(begin); objects > 0 && objects >= others {
		return FormatJSONL
	}
	first, _, _ := bytes.Cut(begin, []byte("\n"))
	delimiter, columns := delimiterOf(first)
	if columns < 2 {
		return ""
	}
	fields, _, err := csvFields(nil, nil, first, delimiter)
	if err != nil {
		return ""
	}
	for _, field := range fields { // a usual name of each column would be too much to ask
		if len(field) > columnNameBytesMax {
			return ""
		}
	}
	if l, header, err := newLayout(fields, Options{}); err == nil && header && (l.id >= 0 || l.label >= 0 || l.time >= 0 || l.title >= 0 && l.text >= 0) {
		return FormatCSV
	}
	return ""
}

// columnNameBytesMax bounds what may be a column's name, not a sentence.
const columnNameBytesMax = 40

// extension is the end of a name that tells what a file is, in small letters,
// that of a compression left out.
func extension(name string) string {
	name = strings.ToLower(name)
	for _, suffix := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return path.Ext(name)
}

var numberExtension = regexp.MustCompile(`^\.[0-9]+$`)

// plainName says whether a file of this name is plain text, if it is text.
func plainName(name string) bool {
	switch e := extension(name); e {
	case "", ".txt", ".text":
		return true
	default:
		return numberExtension.MatchString(e)
	}
}

// companion says whether a file is one of those that tell of a collection and
// are no part of it.
func companion(name string) bool {
	name = strings.ToLower(name)
	switch stem, _, _ := strings.Cut(name, "."); stem {
	case "readme", "license", "licence", "copying", "citation", "changelog", "notice", "md5sums", "sha256sums":
		return true
	}
	if ext := path.Ext(name); ext == ".dtd" || ext == ".md5" || ext == ".sha256" {
		return true
	}
	// Reuters-21578 comes with lists of its categories and with a world factbook.
	return strings.HasPrefix(name, "all-") && strings.HasSuffix(name, "-strings.lc.txt") ||
		name == "cat-descriptions_120396.txt" || name == "feldman-cia-worldfactbook-data.txt"
}

// cut makes records of the text. name is that of the source and base the number
// of its rows so far; ids that are generated have both in them.
func (t *text) cut(o Options, name string, base uint64) (records, error) {
	var from documents
	switch t.format {
	case FormatJSONL:
		return &jsonRecords{lines: lines{r: t.r}}, nil
	case FormatCSV:
		return openCSV(t, o, name, base)
	case FormatReuters:
		from = reuters.NewReader(t.r)
	case FormatWikitext:
		day, _ := wikitext.DayOf(t.name) // else the page may tell
		from = wikitext.NewReader(t.r, day)
	case FormatNewsgroups:
		from = &wholeFileDocument{from: t.r, content: t.whole, parse: func(content []byte) (tidings.Document, error) {
			return newsgroups.Parse(content, t.folder, t.place.name)
		}}
	default:
		from = &wholeFileDocument{from: t.r, content: t.whole, parse: func(content []byte) (tidings.Document, error) {
			return textDocument(t.place, content)
		}}
	}
	return &documentRecords{from: from, classes: o.Classes}, nil
}
