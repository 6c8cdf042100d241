package eval_test

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
)

// naiveRow reads a line and tells whether it is a document that is accepted.
func naiveRow(line []byte) (row map[string]string, day int64, ok bool) {
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if decoder.Decode(&members) != nil || !json.Valid(line) || !utf8.Valid(line) {
		return nil, 0, false
	}
	row = map[string]string{}
	for _, name := range []string{"id", "label", "time", "title", "text"} {
		switch v := members[name].(type) {
		case nil:
		case string:
			row[name] = v
		case json.Number:
			row[name] = v.String()
			if name != "id" && name != "label" {
				return nil, 0, false
			}
		default:
			return nil, 0, false
		}
	}
	if labels, _ := members["labels"].([]any); row["label"] == "" && len(labels) > 0 {
		row["label"] = labels[0].(string)
	}
	if row["time"] != "" {
		t, err := time.Parse(time.RFC3339, row["time"])
		if len(row["time"]) == len(time.DateOnly) {
			t, err = time.Parse(time.DateOnly, row["time"])
		}
		if err != nil {
			return nil, 0, false
		}
		day = int64(math.Floor(float64(t.Unix()) / 86400))
	}
	return row, day, row["id"] != "" && len(row["label"]) <= 256 && strings.TrimSpace(row["title"]+row["text"]) != ""
}

// terms lists the distinct terms in order of first appearance, and how often
// each one occurs.
func (n *naive) terms(text [2]string) (order []string, count map[string]int) {
	var all []string
	for _, t := range n.grams(naiveWords(text[0])) {
		all = append(all, t)
		if !n.plan.Features.NoTitle && !strings.Contains(t, " ") {
			all = append(all, "^"+t)
		}
	}
	all = append(all, n.grams(naiveWords(text[1]))...)
	count = map[string]int{}
	for _, t := range all {
		if count[t]++; count[t] == 1 {
			order = append(order, t)
		}
	}
	return order, count
}

// grams makes terms of the words of a text that puts spaces between them: behind
// each word the longer n-grams that end with it, of one sentence.
func (n *naive) grams(words []string) (all []string) {
	g := n.plan.Features.NGrams
	if end := slices.Index(words, naiveEnd); end >= 0 {
		return append(n.grams(words[:end]), n.grams(words[end+1:])...)
	}
	for i, w := range words {
		if n.plan.Features.FoldNumbers && !strings.ContainsFunc(w, unicode.IsLetter) {
			words[i] = regexp.MustCompile(`\d`).ReplaceAllString(w, "0")
		}
		for length := max(g.Min, 1); length <= max(g.Max, 1) && length <= i+1; length++ {
			all = append(all, strings.Join(words[i+1-length:i+1], " "))
		}
	}
	return all
}

// naiveEnd stands among the words where a sentence or clause ends.
const naiveEnd = "."

// naiveWords lists the words of a text: composed, without what nobody sees, in
// lower case, with naiveEnd. A run of characters of scripts without spaces gives its pairs.
func naiveWords(text string) (all []string) {
	var run []string
	for segments := words.FromString(text); ; {
		more := segments.Next()
		w := ""
		if more {
			w = segments.Value()
		}
		if more && naiveRun(w) {
			run = append(run, naiveCharacters(norm.NFC.String(naiveSeen(w)))...)
			continue
		}
		if len(run) == 1 {
			all = append(all, run[0])
		}
		for i := 1; i < len(run); i++ {
			all = append(all, run[i-1]+run[i])
		}
		run = nil
		if !more {
			return all
		}
		if strings.ContainsRune(".!?;:", rune(w[0])) {
			all = append(all, naiveEnd)
		}
		if c := w[0]; c < utf8.RuneSelf && c != '_' && !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c)) {
			continue
		}
		if !strings.ContainsFunc(w, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N) }) {
			continue
		}
		w = strings.ToLower(norm.NFC.String(naiveSeen(w)))
		for len(w) > 64 {
			_, size := utf8.DecodeLastRuneInString(w)
			w = w[:len(w)-size]
		}
		all = append(all, w)
	}
}

// naiveSeen leaves out format characters, variation selectors, and the joiner
// of graphemes.
func naiveSeen(w string) (seen string) {
	for _, r := range w {
		if !unicode.In(r, unicode.Cf, unicode.Variation_Selector) && r != '\u034f' {
			seen += string(r)
		}
	}
	return seen
}

var (
	naiveVoicing   = regexp.MustCompile("^[\uff9e\uff9f]$")
	naiveSpaceless = regexp.MustCompile(`^[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ーｰ]$`)
)

// naiveRun tells whether a segment is of scripts without spaces alone.
func naiveRun(w string) bool {
	w = naiveSeen(w)
	some := false
	for _, r := range w {
		c := string(r)
		switch {
		case naiveVoicing.MatchString(c):
			some = true
		case unicode.Is(unicode.M, r):
		case naiveSpaceless.MatchString(c) && (unicode.Is(unicode.L, r) || unicode.Is(unicode.Nl, r)):
			some = true
		default:
			return false
		}
	}
	return some
}

// naiveCharacters splits a segment at its characters; marks stay with theirs.
func naiveCharacters(w string) (all []string) {
	for _, r := range w {
		mark := unicode.Is(unicode.M, r) || naiveVoicing.MatchString(string(r))
		if !mark || len(all) == 0 {
			all = append(all, "")
		}
		if at := &all[len(all)-1]; len(*at)+len(string(r)) <= 32 {
			*at += string(r)
		}
	}
	return all
}
