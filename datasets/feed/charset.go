package feed

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
)

// decode makes UTF-8 of a feed, of any bytes. What they are is told, in this
// order, by a byte order mark; by their being UTF-8, which text in another
// encoding is not by chance, whatever the feed claims; by the XML declaration; by
// the server. The XML declaration is blanked, for it is not true any more, and
// so are the control characters that XML forbids.
func decode(body []byte, contentType string) []byte {
	head := body[:min(len(body), 256)]
	declared := declaredCharset(head)
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return clean(body[3:])
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf8.Valid(body) && !sevenBit(declared):
	default:
		from, _ = charset.Lookup(declared)
		if _, params, err := mime.ParseMediaType(contentType); (from == nil || isUTF8(declared)) && err == nil {
			if said, _ := charset.Lookup(params["charset"]); said != nil && !isUTF8(params["charset"]) {
				from = said
			}
		}
	}
	if from == nil && !utf8.Valid(body) && looksWestern(body) {
		from, _ = charset.Lookup("windows-1252")
	}
	if from != nil {
		if text, err := from.NewDecoder().Bytes(body); err == nil {
			body = text
		}
	}
	return clean(body)
}

// looksWestern says of text that nobody named the encoding of, and that is not
// valid UTF-8, whether it is rather Latin than damaged UTF-8.
func looksWestern(body []byte) bool {
	valid, bad := 0, 0
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			valid++
		}
		body = body[size:]
	}
	return bad > valid
}

// sevenBit says whether text in an encoding looks like ASCII.
func sevenBit(label string) bool {
	label = strings.ToLower(label)
	return strings.HasPrefix(label, "iso-2022-") || label == "hz-gb-2312"
}

func isUTF8(label string) bool {
	_, name := charset.Lookup(label)
	return name == "utf-8"
}

// declaredCharset reads the encoding of an XML declaration.
func declaredCharset(head []byte) string {
	m := regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`).FindSubmatch(head)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// clean makes it valid UTF-8 without a declaration and without what
// XML forbids.
func clean(body []byte) []byte {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
	}
	text := bytes.TrimLeft(body, "\ufeff \t\r\n\x00")
	if bytes.HasPrefix(text, []byte("<?xml")) {
		if end := bytes.Index(text, []byte("?>")); end >= 0 {
			text = text[end+2:]
		}
	}
	if bytes.IndexFunc(text, forbidden) < 0 {
		return text
	}
	return bytes.Map(func(r rune) rune {
		if forbidden(r) {
			return ' '
		}
		return r
	}, text)
}

// forbidden says which characters XML does not have.
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}
