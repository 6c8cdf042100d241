package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/json"
	"github.com/mmcdole/gofeed/rss"
)

// Limits of a feed's markup. Beyond them it is no feed that a person wrote, and
// reading it would cost more than its size: parsers call themselves for each
// element inside another, and look through all name spaces for each element.
const (
	depthMax      = 64
	elementsMax   = 100_000
	itemsAllMax   = 10_000 // items and entries; of them ItemsMax are taken
	attributesMax = 64     // of one element
	spacesMax     = 64     // name spaces in force at once
	spacesAllMax  = 10_000 // declared in all
)

// item is one article of a feed.
type item struct {
	place      int // in the feed, from 1
	guid       string
	link       string
	title      string
	text       string
	plain      bool      // text is no HTML
	time       time.Time // zero when the feed does not say
	order      time.Time // by which items are sorted
	categories []string
}

// parse reads a feed. base is where it came from.
func parse(body []byte, contentType, base string) (items []item, err error) {
	defer func() { // of a parser that others wrote, on input that strangers wrote
		if r := recover(); r != nil {
			items, err = nil, fmt.Errorf("it breaks the parser: %s; nothing of it was read", clip(fmt.Sprint(r)))
		}
	}()
	text := decode(body, contentType)
	switch gofeed.DetectFeedType(bytes.NewReader(text[:min(len(text), headBytes)])) {
	case gofeed.FeedTypeRSS:
		return parseRSS(text)
	case gofeed.FeedTypeAtom:
		return parseAtom(text)
	case gofeed.FeedTypeJSON:
		return parseJSON(text)
	}
	return nil, notFeed(text, base)
}

// headBytes are looked at to tell what it is.
const headBytes = 16 << 10

func parseRSS(text []byte) ([]item, error) {
	if err := checkXML(text); err != nil {
		return nil, err
	}
	feed, err := (&rss.Parser{}).Parse(bytes.NewReader(text))
	if err != nil {
		return nil, broken("RSS", err)
	}
	// The translator would parse each item's HTML in search of a picture.
	contents := make([][2]string, len(feed.Items))
	for i, one := range feed.Items {
		contents[i] = [2]string{one.Content, one.Description}
		one.Content, one.Description = "", ""
	}
	all, err := (&gofeed.DefaultRSSTranslator{}).Translate(feed)
	if err != nil {
		return nil, broken("RSS", err)
	}
	items := make([]item, len(all.Items))
	for i, one := range all.Items {
		items[i] = universal(i, one)
		items[i].text = firstOf(contents[i][0], contents[i][1], items[i].text)
	}
	return items, nil
}

func parseAtom(text []byte) ([]item, error) {
	if err := checkXML(text); err != nil {
		return nil, err
	}
	feed, err := (&atom.Parser{}).Parse(bytes.NewReader(text))
	if err != nil {
		return nil, broken("Atom", err)
	}
	all, err := (&gofeed.DefaultAtomTranslator{}).Translate(feed)
	if err != nil {
		return nil, broken("Atom", err)
	}
	items := make([]item, len(all.Items))
	for i, one := range all.Items {
		items[i] = universal(i, one)
		content := feed.Entries[i].Content
		items[i].plain = content != nil && content.Value != "" && content.Type == "text"
	}
	return items, nil
}

func parseJSON(text []byte) ([]item, error) {
	feed, err := (&json.Parser{}).Parse(bytes.NewReader(text))
	if err != nil {
		return nil, broken("JSON Feed", err)
	}
	if len(feed.Items) > itemsAllMax {
		return nil, tooMuch("items", itemsAllMax)
	}
	feed.Items = slices.DeleteFunc(feed.Items, func(one *json.Item) bool { return one == nil })
	all, err := (&gofeed.DefaultJSONTranslator{}).Translate(feed)
	if err != nil {
		return nil, broken("JSON Feed", err)
	}
	items := make([]item, len(all.Items))
	for i, one := range all.Items {
		items[i] = universal(i, one)
		items[i].plain = feed.Items[i].ContentHTML == ""
	}
	return items, nil
}

// universal takes what all kinds of feeds have.
func universal(i int, from *gofeed.Item) item {
	to := item{
		place: i + 1, guid: strings.TrimSpace(from.GUID), link: strings.TrimSpace(from.Link),
		title: from.Title, text: firstOf(from.Content, from.Description), categories: from.Categories,
	}
	if to.link == "" && len(from.Links) > 0 {
		to.link = strings.TrimSpace(from.Links[0])
	}
	if from.PublishedParsed != nil {
		to.time = from.PublishedParsed.UTC()
	} else if from.UpdatedParsed != nil {
		to.time = from.UpdatedParsed.UTC()
	}
	return to
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

func broken(kind string, err error) error {
	return fmt.Errorf("it looks like %s and is not valid: %s; nothing of it was read", kind, clip(strings.ToValidUTF8(err.Error(), "�")))
}

func tooMuch(what string, limit int) error {
	return fmt.Errorf("it has more than %d %s, as no honest feed has; nothing of it was read", limit, what)
}

// checkXML looks through the markup with the decoder and the leniency of the
// parser behind it, which stays within linear work and memory, and refuses what
// the parser would choke on. Entities that a document declares are expanded by
// neither.
func checkXML(text []byte) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var scopes []int // name spaces that each open element declares
	elements, items, inForce, declared := 0, 0, 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken("XML", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			own := 0
			for _, a := range e.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					own++
				}
			}
			if name := strings.ToLower(e.Name.Local); name == "item" || name == "entry" {
				items++
			}
			scopes = append(scopes, own)
			elements, inForce, declared = elements+1, inForce+own, declared+own
			switch {
			case len(scopes) > depthMax:
				return tooMuch("elements inside each other", depthMax)
			case elements > elementsMax:
				return tooMuch("elements", elementsMax)
			case items > itemsAllMax:
				return tooMuch("items", itemsAllMax)
			case len(e.Attr) > attributesMax:
				return tooMuch("attributes in one element", attributesMax)
			case inForce > spacesMax:
				return tooMuch("name spaces at once", spacesMax)
			case declared > spacesAllMax:
				return tooMuch("declarations of name spaces", spacesAllMax)
			}
		case xml.EndElement:
			if n := len(scopes); n > 0 {
				inForce -= scopes[n-1]
				scopes = scopes[:n-1]
			}
		}
	}
}
