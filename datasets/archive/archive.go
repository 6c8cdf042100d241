// Package archive walks the files in tar and zip archives, one after another,
// as streams.
//
// The one rule to keep: a member's name is only a name. Nothing is written
// anywhere, no link is followed, and names are cleaned before anybody sees
// them. Memory does not grow with a tar archive; of a zip archive it holds the
// table of contents, which is limited.
//
// A Reader owns nothing but its place in the archive; what it reads from stays
// with the caller. It is not safe for concurrent use.
package archive

import (
	"errors"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameBytesMax bounds the name of a member; the beginning of a longer one is
// left out.
const NameBytesMax = 512

// Member is one file in an archive.
type Member struct {
	Name string    // cleaned: "folder/file", never absolute, never above the archive
	Skip string    // why its content is not given, as in "is a symbolic link"; "" when it is
	Body io.Reader // the content, until the next call of Next; nil when Skip says why
}

// Reader gives the members of an archive in its order. Folders, hidden files
// and what systems leave behind are passed over; a member that is no file, or
// cannot be read, comes with the reason.
//
// Next returns io.EOF after the last member. Any other error is the end too:
// the rest of the archive cannot be read.
//
// Broken returns what is wrong with the archive itself, once a member's body
// has shown it; after that Next has no more. An error of a body while Broken
// returns nil concerns that member alone.
type Reader interface {
	Next() (Member, error)
	Broken() error
}

// ErrNoEnd reports that a tar archive ends without the mark of its end.
var ErrNoEnd = errors.New("the mark of its end is missing")

// Hidden says whether a path is of a file that systems and people keep out of
// sight: some part of it begins with a dot, or is known to be left behind.
func Hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
		switch part {
		case "__MACOSX", "Thumbs.db", "desktop.ini":
			return true
		}
	}
	return false
}

// Clean makes a name of what an archive or a file system calls a file: valid
// UTF-8 without control characters, parts separated by "/", nothing absolute,
// no "..", at most NameBytesMax bytes. It is "" when nothing is left.
func Clean(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case unicode.IsControl(r):
			return utf8.RuneError
		}
		return r // bytes that are no UTF-8 are runes that say so
	}, name)
	name = path.Clean("/" + name)[1:]
	if len(name) > NameBytesMax {
		name = name[len(name)-NameBytesMax:]
		for name != "" && !utf8.RuneStart(name[0]) {
			name = name[1:]
		}
	}
	return name
}
