package feed

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// ListBytesMax is the most that a list of feeds may have.
const ListBytesMax = 8 << 20

// ReadList reads the addresses of feeds from a file: OPML, or one address a line
// with empty lines and lines that begin with # between them.
func ReadList(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the list of feeds cannot be read: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, ListBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("the list of feeds cannot be read: %w", err)
	}
	if len(text) > ListBytesMax {
		return nil, fmt.Errorf("%s has more than %d MiB: this is no list of feeds", path, ListBytesMax>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var urls []string
	if isOPML(text) {
		urls, err = parseOPML(path, text)
	} else {
		urls, err = parseLines(path, text)
	}
	if err == nil && len(urls) == 0 {
		err = fmt.Errorf("%s names no feed; write one address a line, or export OPML from a feed reader", path)
	}
	return urls, err
}

// IsList says whether a file that begins with head looks like a list of feeds.
func IsList(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	if isOPML(head) {
		return true
	}
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i] // the last line may be cut off
	}
	found := false
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !web(line) || strings.ContainsAny(line, " \t\"<>") || !utf8.ValidString(line) {
			return false
		}
		found = true
	}
	return found
}

func isOPML(text []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 4096)]))
	return bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("<opml"))
}

func parseLines(path string, text []byte) (urls []string, err error) {
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 64<<10)
	number := 0
	for scanner.Scan() {
		number++
		line := strings.TrimSpace(scanner.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := checkAddress(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		if urls = append(urls, line); len(urls) > FeedsMax {
			return nil, tooManyFeeds(path)
		}
	}
	if scanner.Err() != nil {
		return nil, fmt.Errorf("%s:%d: the line is too long for an address", path, number+1)
	}
	return urls, nil
}

// parseOPML takes the outlines that have the address of a feed. Entities that
// the file declares are not known to the decoder, and are an error.
func parseOPML(path string, text []byte) (urls []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = charset.NewReaderLabel
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return urls, nil
		}
		line, _ := d.InputPos()
		if err != nil {
			return nil, fmt.Errorf("%s:%d: it is no valid OPML: %w; export it again", path, line, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth > depthMax {
				return nil, fmt.Errorf("%s:%d: more than %d outlines inside each other", path, line, depthMax)
			}
			for _, a := range e.Attr {
				if !strings.EqualFold(a.Name.Local, "xmlUrl") || strings.TrimSpace(a.Value) == "" {
					continue
				}
				if err := checkAddress(strings.TrimSpace(a.Value)); err != nil {
					return nil, fmt.Errorf("%s:%d: %w", path, line, err)
				}
				if urls = append(urls, strings.TrimSpace(a.Value)); len(urls) > FeedsMax {
					return nil, tooManyFeeds(path)
				}
			}
		case xml.EndElement:
			depth--
		}
	}
}

func tooManyFeeds(path string) error {
	return fmt.Errorf("%s names more than %d feeds: make two lists, and read each into the log by a process of its own", path, FeedsMax)
}
