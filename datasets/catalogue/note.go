package catalogue

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// note says what a part is a part of, so that another process can go on.
type note struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"` // of the whole, 0 when the server did not say
}

// validator is what tells a server that the rest of the very same file is
// wanted, "" when the server gave nothing that does (RFC 9110, section 13.1.5).
func (n note) validator() string {
	if n.ETag != "" && !strings.HasPrefix(n.ETag, "W/") {
		return n.ETag
	}
	return n.Modified
}

// readNote reads a note. What is none says nothing.
func readNote(path string) (n note) {
	text, err := os.ReadFile(path + noteSuffix)
	if err != nil || json.Unmarshal(text, &n) != nil || n.Bytes < 0 {
		return note{}
	}
	return n
}

// contentRange reads the header of an answer with a part: "bytes 5-9/10" is
// first 5, total 10; total is 0 where the server does not know it ("/*").
func contentRange(value string) (first, total int64, err error) {
	bad := fmt.Errorf("%.80q is no Content-Range", value)
	rest, ok := strings.CutPrefix(strings.TrimSpace(value), "bytes ")
	span, size, ok2 := strings.Cut(strings.TrimSpace(rest), "/")
	from, to, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, bad
	}
	first, err1 := parseCount(from)
	last, err2 := parseCount(to)
	if size != "*" {
		total, err = parseCount(size)
	}
	if err1 != nil || err2 != nil || err != nil || last < first || size != "*" && last >= total {
		return 0, 0, bad
	}
	return first, total, nil
}

// parseCount reads a number of nothing but digits.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}
