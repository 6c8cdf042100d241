package datasets

import (
	"bytes"
	"strings"
)

// The formats.
const (
	FormatJSONL      = "jsonl"
	FormatCSV        = "csv"
	FormatReuters    = "reuters"    // SGML of Reuters-21578
	FormatNewsgroups = "newsgroups" // a file is an article of Usenet, in a folder that is its label
	FormatWikitext   = "wikitext"   // a file is a day of Wikipedia's current events
	FormatText       = "text"       // a file is a document, in a folder that is its label
)

// Formats lists the formats.
func Formats() []string {
	return []string{FormatCSV, FormatJSONL, FormatNewsgroups, FormatReuters, FormatText, FormatWikitext}
}

var bom = []byte("\ufeff") // the byte order mark of UTF-8

// refuseForeign says what a file is that holds no text in UTF-8, from how it
// begins.
func refuseForeign(path string, head []byte) error {
	for _, mark := range []struct{ begins, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
	} {
		if bytes.HasPrefix(head, []byte(mark.begins)) {
			return faultOf(path, "is text in %s, and rows are read in UTF-8; convert it first: iconv -f %s -t UTF-8", mark.name, mark.name)
		}
	}
	for _, kind := range []struct{ begins, name, todo string }{
		{"BZh", "a bzip2 file", "uncompress it first: bzip2 -d"},
		{"\xfd7zXZ\x00", "an xz file", "uncompress it first: xz -d"},
		{"\x04\x22\x4d\x18", "an lz4 file", "uncompress it first: lz4 -d"},
		{"PAR1", "a Parquet file", "export it as JSON lines or CSV"},
		{"SQLite format 3\x00", "an SQLite database", "export a table as CSV"},
		{"%PDF", "a PDF", "extract its text"},
		{"\x1f\x8b", "compressed twice", "uncompress it once: gzip -d"},
		{"<!", "a web page", "fetch the data set itself"},
		{"<html", "a web page", "fetch the data set itself"},
		{"<?xml", "XML", "convert it to JSON lines or CSV"},
		{"<rss", "a feed", "name its address instead, as in --from https://HOST/FEED"},
		{"<feed", "a feed", "name its address instead, as in --from https://HOST/FEED"},
	} {
		if len(head) >= len(kind.begins) && strings.EqualFold(string(head[:len(kind.begins)]), kind.begins) {
			return faultOf(path, "is %s; %s", kind.name, kind.todo)
		}
	}
	if at := bytes.IndexByte(head, 0); at >= 0 {
		return faultOf(path, "is not text: byte %d is zero, and it is none of the formats known", at)
	}
	return nil
}

// formatOf tells the format from the first lines. forced is what the options
// ask for; a file that cannot be read that way at all is refused all the same.
func formatOf(path string, head []byte, forced string) (string, error) {
	text := bytes.TrimLeft(head, " \t\r\n")
	if forced == FormatCSV {
		return FormatCSV, nil
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	switch inner := bytes.TrimSpace(bytes.TrimPrefix(first, []byte("["))); {
	case bytes.HasPrefix(text, []byte("[")) && (len(inner) == 0 || strings.IndexByte(`{["]`, inner[0]) >= 0):
		return "", faultOf(path, "is one JSON array; one object a line is read; convert it first: jq -c '.[]'")
	case string(bytes.TrimSpace(first)) == "{" && len(bytes.TrimSpace(rest)) > 0:
		return "", faultOf(path, "is JSON spread over lines; one object a line is read; convert it first: jq -c '.'")
	}
	if forced == FormatJSONL || len(text) == 0 {
		return FormatJSONL, nil
	}
	if objects, others := countObjects(text); objects >= others {
		return FormatJSONL, nil
	}
	if _, columns := delimiterOf(first); columns > 1 {
		return FormatCSV, nil
	}
	return "", faultOf(path, "begins with %q, as none of the formats known does (%s); with --format text a file is one document", first[:min(len(first), 40)], strings.Join(Formats(), ", "))
}

// countObjects counts among the first lines those that look like a JSON object
// and those that do not: one broken line must not change what a file is.
func countObjects(text []byte) (objects, others int) {
	const looked = 10
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case line[0] == '{':
			objects++
		default:
			others++
		}
		if objects+others == looked {
			break
		}
	}
	return objects, others
}

// delimiterOf returns what separates the columns of a line: a comma, else a
// tab or a semicolon where that gives more columns.
func delimiterOf(line []byte) (delimiter byte, columns int) {
	delimiter, columns = ',', countColumns(line, ',')
	for _, other := range []byte{'\t', ';'} {
		if columns < 2 {
			if n := countColumns(line, other); n > columns {
				delimiter, columns = other, n
			}
		}
	}
	return delimiter, columns
}

func countColumns(line []byte, delimiter byte) int {
	quoted, n := false, 1
	for _, b := range line {
		switch {
		case b == '"':
			quoted = !quoted
		case b == delimiter && !quoted:
			n++
		}
	}
	return n
}
