package datasets

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	formatJSONL = "jsonl"
	formatCSV   = "csv"
)

var bom = []byte("\ufeff") // the byte order mark of UTF-8

// refuseForeign says what a file is that holds no text in UTF-8, from how it
// begins.
func refuseForeign(path string, head []byte) error {
	for _, mark := range []struct{ begins, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(head, []byte(mark.begins)) {
			return fmt.Errorf("%s is text in %s, and rows are read in UTF-8; convert it first: iconv -f %s -t UTF-8", path, mark.name, mark.name)
		}
	}
	for _, kind := range []struct{ begins, name, todo string }{
		{"BZh", "a bzip2 file", "uncompress it first: bzip2 -d"},
		{"\xfd7zXZ\x00", "an xz file", "uncompress it first: xz -d"},
		{"\x04\x22\x4d\x18", "an lz4 file", "uncompress it first: lz4 -d"},
		{"PK\x03\x04", "a zip archive (or a spreadsheet, which is one)", "unpack it, or export it as CSV"},
		{"PAR1", "a Parquet file", "export it as JSON lines or CSV"},
		{"SQLite format 3\x00", "an SQLite database", "export a table as CSV"},
		{"%PDF", "a PDF", "extract its text"},
		{"\x1f\x8b", "compressed twice", "uncompress it once: gzip -d"},
		{"<!", "a web page", "fetch the data set itself"},
		{"<html", "a web page", "fetch the data set itself"},
		{"<?xml", "XML", "convert it to JSON lines or CSV"},
		{"<rss", "a feed", "convert it to JSON lines or CSV"},
		{"<feed", "a feed", "convert it to JSON lines or CSV"},
	} {
		if len(head) >= len(kind.begins) && strings.EqualFold(string(head[:len(kind.begins)]), kind.begins) {
			return fmt.Errorf("%s is %s; JSON lines and CSV are read, plain, gzip or zstd; %s", path, kind.name, kind.todo)
		}
	}
	if at := bytes.IndexByte(head, 0); at >= 0 {
		return fmt.Errorf("%s is not text: byte %d is zero, and it is none of the formats known; JSON lines and CSV are read, plain, gzip or zstd", path, at)
	}
	return nil
}

// formatOf tells the format from the first lines. forced is what the options
// ask for; a file that cannot be read that way at all is refused all the same.
func formatOf(path string, head []byte, forced string) (string, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	if forced == formatCSV {
		return formatCSV, nil
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	switch inner := bytes.TrimSpace(bytes.TrimPrefix(first, []byte("["))); {
	case bytes.HasPrefix(text, []byte("[")) && (len(inner) == 0 || strings.IndexByte(`{["]`, inner[0]) >= 0):
		return "", fmt.Errorf("%s is one JSON array; one object a line is read; convert it first: jq -c '.[]'", path)
	case string(bytes.TrimSpace(first)) == "{" && len(bytes.TrimSpace(rest)) > 0:
		return "", fmt.Errorf("%s is JSON spread over lines; one object a line is read; convert it first: jq -c '.'", path)
	}
	if forced == formatJSONL || len(text) == 0 {
		return formatJSONL, nil
	}
	if objects, others := countObjects(text); objects >= others {
		return formatJSONL, nil
	}
	if _, columns := delimiterOf(first); columns > 1 {
		return formatCSV, nil
	}
	return "", fmt.Errorf("%s begins with %q, neither a JSON object nor a line of CSV; JSON lines and CSV are read, plain, gzip or zstd", path, first[:min(len(first), 40)])
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
