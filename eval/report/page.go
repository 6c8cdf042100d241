package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"cell":    func(c Cell, column Column) string { return c.Format(column.Decimals) },
	"numeric": func(c Cell) bool { return c.number },
	"column":  func(t Table, i int) Column { return t.Columns[i] },
	"day":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
	"took": func(seconds float64) string {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
	},
	"p": func(p float64) string {
		if p < .0001 {
			return "p < .0001"
		}
		return "p = " + strconv.FormatFloat(p, 'f', 4, 64)
	},
}).Parse(pageText))

// Page writes the experiments as one page of HTML: styles and figures are in it,
// nothing is fetched, and nothing in it runs.
func Page(w io.Writer, title string, all []Experiment) error {
	for i := range all {
		if err := all[i].Check(); err != nil {
			return err
		}
	}
	if err := page.Execute(w, struct {
		Title       string
		Experiments []Experiment
	}{title, all}); err != nil {
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	return nil
}

// WritePage puts the page of a directory's experiments into it, as report.html.
func WritePage(dir, title string, all []Experiment) error {
	return create(dir, PageName, func(w io.Writer) error { return Page(w, title, all) })
}

// PageName is what WritePage calls the page.
const PageName = "report.html"
