// Package newsgroups reads articles of Usenet, as the 20 Newsgroups collection
// holds them: one file an article, in a folder named after its group.
//
// The one rule to keep: a message is given whole, and what is not an article
// is a *tidings.DocumentError. Nothing is kept between calls.
package newsgroups

import "tidings"

// Looks tells from the beginning of a file whether it is an article.
func Looks(head []byte) bool { return false }

// Parse returns the article as a document: its id is group/name, its label the
// group. The error is a *tidings.DocumentError.
func Parse(message []byte, group, name string) (tidings.Document, error) {
	return tidings.Document{}, tidings.Refuse(tidings.ReasonRow, "not an article")
}
