package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tidings/pipeline"
)

// Limits of classify topics.
const (
	windowsToldMax = 1000 // windows shown; the newest ones where there are more
	keysShown      = 8    // of a definition to people, without --key
	keysKnownMax   = 1000 // told apart
)

// chosenWindows are the windows that somebody asks for, as they come by.
type chosenWindows struct {
	all         []string // definitions of the pipeline
	definitions []string // of these
	key         string   // "": all
	since       since
	last        int // of each definition and key; 0: all
	provisional bool

	lines  []pipeline.WindowLine // final ones, in the order in which they were told
	left   int                   // out of lines, for there is no room
	open   map[windowTrack]pipeline.WindowLine
	seen   map[windowTrack]pipeline.WindowLine // the newest final ones, without what they say
	newest *pipeline.WindowLine                // that ends last, of the definitions and keys that are chosen
	keys   []string                            // that came by

}

// windowTrack is whose windows follow each other.
type windowTrack struct{ definition, key string }

func trackOf(l *pipeline.WindowLine) windowTrack { return windowTrack{l.Definition, l.Key} }

// chosen says whether a window is of a definition and a key that are asked for.
func (c *chosenWindows) chosen(l *pipeline.WindowLine) bool {
	return slices.Contains(c.definitions, l.Definition) && (c.key == "" || l.Key == c.key) && (!l.Provisional || c.provisional)
}

// fresh says whether a window that is published is asked for and was not seen
// before.
func (c *chosenWindows) fresh(l pipeline.WindowLine) bool {
	seen, known := c.seen[trackOf(&l)]
	if known && !l.Follows(&seen) || !c.chosen(&l) {
		return false
	}
	if l.Provisional {
		told, known := c.open[trackOf(&l)]
		if known && !l.Follows(&told) {
			return false
		}
		c.note(&c.open, l)
		return true
	}
	c.note(&c.seen, l)
	return true
}

// note remembers a window of a track, where there is room.
func (c *chosenWindows) note(to *map[windowTrack]pipeline.WindowLine, l pipeline.WindowLine) {
	if *to == nil {
		*to = map[windowTrack]pipeline.WindowLine{}
	}
	if _, known := (*to)[trackOf(&l)]; known || len(*to) < keysKnownMax {
		(*to)[trackOf(&l)] = l
	}
}

// add takes a window.
func (c *chosenWindows) add(l pipeline.WindowLine) {
	if l.Key != "" && !slices.Contains(c.keys, l.Key) && len(c.keys) < keysKnownMax {
		c.keys = append(c.keys, l.Key)
	}
	if slices.Contains(c.definitions, l.Definition) && (c.newest == nil || l.Follows(c.newest)) && !l.Provisional {
		bare := l
		bare.Shares, bare.Stories, bare.Bursts = nil, nil, nil
		c.newest = &bare
	}
	if !c.chosen(&l) {
		return
	}
	if l.Provisional {
		c.note(&c.open, l)
		return
	}
	bare := l
	bare.Shares, bare.Stories, bare.Bursts, bare.Previous = nil, nil, nil, nil
	if seen, known := c.seen[trackOf(&l)]; !known || l.Follows(&seen) {
		c.note(&c.seen, bare)
	}
	c.keep(l)
}

// keep puts a final window behind the others, and lets one go that is not among
// the last ones any more.
func (c *chosenWindows) keep(l pipeline.WindowLine) {
	c.lines = append(c.lines, l)
	of := 0
	first := -1
	for i := range c.lines {
		if trackOf(&c.lines[i]) == trackOf(&l) {
			if of++; first < 0 {
				first = i
			}
		}
	}
	switch {
	case c.last > 0 && of > c.last:
		c.lines = slices.Delete(c.lines, first, first+1)
	case len(c.lines) > windowsToldMax:
		c.lines = slices.Delete(c.lines, 0, 1)
		c.left++
	}
}

// take are the windows that are asked for, by definition and key, of each the
// newest last.
func (c *chosenWindows) take() []pipeline.WindowLine {
	lines := c.lines
	for _, track := range c.tracks() {
		if l, told := c.open[track]; told {
			if seen, known := c.seen[track]; !known || l.Follows(&seen) {
				lines = append(lines, l)
			}
		}
	}
	if from := c.begin(); !from.IsZero() {
		lines = slices.DeleteFunc(lines, func(l pipeline.WindowLine) bool { return !l.End.After(from) })
	}
	slices.SortStableFunc(lines, func(a, b pipeline.WindowLine) int {
		return cmp.Or(cmp.Compare(slices.Index(c.all, a.Definition), slices.Index(c.all, b.Definition)), cmp.Compare(a.Key, b.Key))
	})
	c.lines = nil
	return lines
}

// tracks are those of open windows, in order.
func (c *chosenWindows) tracks() (all []windowTrack) {
	for track := range c.open {
		all = append(all, track)
	}
	slices.SortFunc(all, func(a, b windowTrack) int {
		return cmp.Or(cmp.Compare(a.definition, b.definition), cmp.Compare(a.key, b.key))
	})
	return all
}

// begin is what windows have to end after, zero where all are asked for.
func (c *chosenWindows) begin() time.Time {
	if c.since.before > 0 && c.newest != nil {
		return c.newest.End.Add(-c.since.before)
	}
	return c.since.at
}

// fewKeys leaves the windows of the largest keys of each definition, and says of
// how many there are more.
func (c *chosenWindows) fewKeys(lines []pipeline.WindowLine) (few []pipeline.WindowLine, more int) {
	if c.key != "" {
		return lines, 0
	}
	documents := map[windowTrack]uint64{}
	byDefinition := map[string][]windowTrack{}
	for i := range lines {
		track := trackOf(&lines[i])
		if documents[track] == 0 {
			byDefinition[track.definition] = append(byDefinition[track.definition], track)
		}
		documents[track] += lines[i].Documents
	}
	for _, definition := range c.definitions {
		tracks := byDefinition[definition]
		slices.SortStableFunc(tracks, func(a, b windowTrack) int { return cmp.Compare(documents[b], documents[a]) })
		for i := keysShown; i < len(tracks); i++ {
			documents[tracks[i]] = 0
			more++
		}
	}
	for _, l := range lines {
		if documents[trackOf(&l)] > 0 {
			few = append(few, l)
		}
	}
	return few, more
}

// notes say what is not there.
func (c *chosenWindows) notes(after uint64) (notes []string) {
	if c.left > 0 {
		notes = append(notes, fmt.Sprintf("%d older windows are left out: the newest %d are told; choose fewer with --window, --key or a later --since", c.left, windowsToldMax))
	}
	if after > 0 {
		notes = append(notes, fmt.Sprintf("the results begin behind %d/0 of the log; windows of before have been deleted (--keep)", after))
	}
	return notes
}
