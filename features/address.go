package features

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mailLocalMax bounds what stands before the @ of a mail address (RFC 5321,
// section 4.5.3.1.1). It also bounds how far a search looks back.
const mailLocalMax = 64

// nextAddress finds the first web or mail address in text: where it stands, and
// its host; a mail address's with the @ before it. to is 0 when there is none.
// An address begins with http://, https://, ftp://, www. or mailto:, or holds
// an @ between a local part and a host with a dot.
func nextAddress(text []byte) (from, to int, host []byte) {
	bound := 0 // nothing before it can belong to an address any more
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ':' && bytes.HasPrefix(text[i:], []byte("://")):
			from := i - schemeBefore(text[bound:i])
			if from == i {
				continue
			}
			if to, host := web(text, i+3); to > 0 {
				return from, to, host
			}
		case (c == 'w' || c == 'W') && !insideWord(text[:i]) && hasFold(text[i:], "www."):
			if to, host := web(text, i); to > 0 {
				return i, to, host
			}
		case c == '@':
			from := mailLocal(text, bound, i)
			to := mailHost(text, i+1)
			if from < i && to > 0 {
				if p := from - len("mailto:"); p >= bound && hasFold(text[p:], "mailto:") {
					from = p
				}
				return from, to, text[i:to]
			}
			bound = i + 1
		}
	}
	return 0, 0, nil
}

func hasFold(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && bytes.EqualFold(text[:len(prefix)], []byte(prefix))
}

// insideWord tells whether what follows before would go on with its last word.
func insideWord(before []byte) bool {
	r, _ := utf8.DecodeLastRune(before)
	return r == '_' || r != utf8.RuneError && (isWordRune(r) || unicode.IsMark(r)) && !spaceless(r)
}

// schemeBefore returns the length of the scheme that text ends with.
func schemeBefore(text []byte) int {
	for _, scheme := range []string{"https", "http", "ftp"} {
		if n := len(text) - len(scheme); n >= 0 && hasFold(text[n:], scheme) && !insideWord(text[:n]) {
			return len(scheme)
		}
	}
	return 0
}

// authorityBytesMax bounds what stands before the path of a web address: user,
// host and port.
const authorityBytesMax = 256 + mailLocalMax

// web reads an address whose authority begins at start, without its scheme. to
// is 0 when there is no host.
func web(text []byte, start int) (to int, host []byte) {
	end := addressEnd(text, start, "/?#", authorityBytesMax)
	host = text[start:end]
	host = host[bytes.LastIndexByte(host, '@')+1:]
	if port := bytes.IndexByte(host, ':'); port >= 0 {
		host = host[:port]
	}
	if hasFold(host, "www.") {
		host = host[len("www."):]
	}
	host = bytes.TrimFunc(host, func(r rune) bool { return !isWordRune(r) })
	if len(host) == 0 {
		return 0, nil
	}
	end = addressEnd(text, end, "", len(text))
	return start + len(bytes.TrimRight(text[start:end], `.,;:!?'*)]_~`)), host
}

// addressEnd returns where the address ends that goes on at start: at one of
// stops, at most most bytes on.
func addressEnd(text []byte, start int, stops string, most int) int {
	end := start
	for end < len(text) && end-start < most {
		r, width := utf8.DecodeRune(text[end:])
		if !addressRune(r) || strings.ContainsRune(stops, r) {
			break
		}
		end += width
	}
	return end
}

// addressRune tells whether r may be a part of an address; scripts without
// spaces are what follows it.
func addressRune(r rune) bool {
	switch {
	case r <= ' ' || r == 0x7f || r == utf8.RuneError:
		return false
	case r < utf8.RuneSelf:
		return !strings.ContainsRune("<>\"`{}|\\^", r)
	}
	return (isWordRune(r) || unicode.IsMark(r)) && !spaceless(r)
}

// mailLocal returns where the local part of a mail address begins that ends at
// end; end itself when there is none.
func mailLocal(text []byte, bound, end int) int {
	from := end
	for from > max(bound, end-mailLocalMax) && (classes[text[from-1]]&wordy != 0 || strings.IndexByte(".%+-", text[from-1]) >= 0) {
		from--
	}
	for from < end && classes[text[from]]&wordy == 0 {
		from++
	}
	if from > bound && insideWord(text[:from]) {
		return end // longer than an address can be, or not in ASCII
	}
	return from
}

// mailHost returns where the host of a mail address ends that begins at start;
// 0 when there is none with a dot.
func mailHost(text []byte, start int) int {
	end, dot, to := start, false, 0
	for end < len(text) && end-start < 256 {
		c := text[end]
		if classes[c]&(letter|digit) != 0 {
			if to = end + 1; !dot {
				to = 0
			}
		} else if c == '.' && end > start && text[end-1] != '.' {
			dot = true
		} else if c != '-' {
			break
		}
		end++
	}
	return to
}
