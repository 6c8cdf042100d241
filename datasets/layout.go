package datasets

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// layout says which column of a CSV holds which field, from 0; -1 is none.
type layout struct {
	id, time, label, title, text int
	width                        int
	classes                      []string
	zone                         *time.Location // of times that name none
}

// usual names of columns, the best first, in small letters with single spaces.
var usual = map[string][]string{
	"id":    {"id", "guid", "article id", "document id", "url", "link"},
	"time":  {"time", "date", "published", "published at", "pubdate", "pub date", "timestamp", "datetime"},
	"label": {"label", "class", "category", "topic", "class index", "section"},
	"title": {"title", "headline"},
	"text":  {"text", "body", "content", "description", "article", "abstract", "summary", "short description"},
}

// classesAG are the classes of the AG News data set (Zhang, Zhao, LeCun 2015).
var classesAG = []string{"World", "Sports", "Business", "Sci/Tech"}

const columnAG = "class index"

// columnsLenta are the columns of the corpus of lenta.ru, whose times are those
// of Moscow. Its clocks stood an hour later in the summers up to 2010 and until
// October 2014; that hour is not worth a table of the world's time zones.
var columnsLenta = []string{"url", "title", "text", "topic", "tags", "date"}

const zoneMoscow = 3 * 60 * 60

// newLayout tells the columns from the first record, and whether that is a
// header. It is one when it has a usual name for title or text in it, and no
// number, or when the options name columns. Without one the options give numbers, or it is the
// layout of AG News: class, title, description.
func newLayout(first [][]byte, o Options) (l layout, header bool, err error) {
	if _, mapped := o.Columns["labels"]; mapped {
		return l, false, errors.New("a row of CSV has one label; say which column holds it, as label=1")
	}
	names := make([]string, len(first))
	for i, name := range first {
		names[i] = normal(string(name))
	}
	header = (column(names, usual["text"]) >= 0 || column(names, usual["title"]) >= 0) && !slices.ContainsFunc(names, isNumber)
	for _, field := range sortedKeys(o.Columns) {
		if !isNumber(o.Columns[field]) {
			header = true
		}
	}
	l = layout{width: len(first), classes: o.Classes, zone: time.UTC}
	if slices.Equal(names, columnsLenta) {
		l.zone = time.FixedZone("Moscow", zoneMoscow)
	}
	if len(o.Columns) == 0 && !header {
		if !isNumber(names[0]) || len(first) != 3 {
			return l, false, fmt.Errorf("the columns are not known: the first row (%s) is no header with a title or text, and not class, title, description as in AG News; say which column holds what, as text=3", shownColumns(first))
		}
		l.id, l.time, l.label, l.title, l.text = -1, -1, 0, 1, 2
		if l.classes == nil {
			l.classes = classesAG
		}
		return l, false, nil
	}
	at, err := locate(first, names, header, o)
	if err != nil {
		return l, header, err
	}
	l.id, l.time, l.label, l.title, l.text = at["id"], at["time"], at["label"], at["title"], at["text"]
	if l.title < 0 && l.text < 0 {
		return l, header, fmt.Errorf("no column holds a title or a text; the columns are %s; say which do, as text=%s", shownColumns(first), strconv.Itoa(len(first)))
	}
	if l.label >= 0 && header && names[l.label] == columnAG && l.classes == nil {
		l.classes = classesAG
	}
	return l, header, nil
}

// locate finds the column of each field: where the options say, else, in a
// header, under a usual name that is not taken.
func locate(first [][]byte, names []string, header bool, o Options) (map[string]int, error) {
	at := make(map[string]int, len(fields))
	free := slices.Clone(names)
	for _, field := range fields {
		at[field] = -1
		want, mapped := o.Columns[field]
		if !mapped {
			continue
		}
		i, found := columnOf(names, want)
		if !found {
			return nil, fmt.Errorf("no column is %q, where %s was to be found; the columns are %s", want, field, shownColumns(first))
		}
		at[field] = i
		free[i] = ""
	}
	for _, field := range fields {
		if header && at[field] < 0 {
			at[field] = column(free, usual[field])
		}
	}
	return at, nil
}

// columnOf finds a column by its number from 1, or else by its name.
func columnOf(names []string, want string) (int, bool) {
	if n, err := strconv.Atoi(want); err == nil {
		return n - 1, n >= 1 && n <= len(names)
	}
	i := slices.Index(names, normal(want))
	return i, i >= 0
}

// column returns where the first of the wanted names stands, or -1.
func column(names, wanted []string) int {
	for _, name := range wanted {
		if i := slices.Index(names, name); i >= 0 {
			return i
		}
	}
	return -1
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

func normal(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' || r == '-' || r == '\t' }), " ")
}

func shownColumns(first [][]byte) string {
	const most = 8
	var shown []string
	for i, name := range first {
		if i == most {
			shown = append(shown, "...")
			break
		}
		shown = append(shown, fmt.Sprintf("%.20q", name))
	}
	return strings.Join(shown, ", ")
}
