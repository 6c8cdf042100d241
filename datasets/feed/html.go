package feed

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// notFeed says what came instead of a feed, and of a page where its feed is.
func notFeed(text []byte, base string) error {
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), headBytes)]))
	switch {
	case len(head) == 0:
		return errors.New("the answer is empty, no feed")
	case bytes.Contains(head, []byte("<html")) || bytes.HasPrefix(head, []byte("<!doctype html")):
		if link := alternate(text[:min(len(text), 4*headBytes)], base); link != "" {
			return fmt.Errorf("this is a web page, no feed; its feed is %s", link)
		}
		return errors.New("this is a web page, no feed; look for the address of its feed")
	}
	return errors.New("this is neither RSS nor Atom nor JSON Feed; a file of documents has to be downloaded first")
}

// alternate finds the address of the feed that a page names, or "".
func alternate(page []byte, base string) string {
	z := html.NewTokenizer(bytes.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := z.Token()
		if tag.Data != "link" {
			continue
		}
		at := map[string]string{}
		for _, a := range tag.Attr {
			at[a.Key] = a.Val
		}
		kind := strings.ToLower(at["type"])
		if !strings.Contains(strings.ToLower(at["rel"]), "alternate") || kind != "application/rss+xml" && kind != "application/atom+xml" && kind != "application/feed+json" {
			continue
		}
		from, err1 := url.Parse(base)
		to, err2 := url.Parse(at["href"])
		if err1 != nil || err2 != nil {
			continue
		}
		to = from.ResolveReference(to)
		if to.User = nil; web(to.String()) && len(to.String()) <= 500 {
			return to.String()
		}
	}
	return ""
}
