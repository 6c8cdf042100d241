package pipeline

import (
	"encoding/json"
	"fmt"

	"tidings"
	"tidings/features"
	"tidings/pipeline/topics"
)

// recordFormat is the first byte of each record; it changes when the layout
// does.
const recordFormat = 3

// recordFormatOldest is the oldest one that is read still: its predictions say
// nothing of the ledger. Format 2 has no late labels and no promotions.
const recordFormatOldest = 1

// The sections of a record. A stage writes the columns that it filled; a chain
// of stages writes those of its end.
const (
	tokensSection      = 1 // entries with their terms
	dfSection          = 2 // df values, and digests at end entries
	predictionsSection = 3 // entries with what classify said, and what it made of its model
	windowsSection     = 4 // closed windows and counts, as JSON
	wordsSection       = 6 // behind tokens: the order of their words, where windows tell bursts
	valuesSection      = 9 // behind df values: how many are each log message's, where a reader may have some of them
	alarmsSection      = 5 // behind predictions: alarms of change at their entries, where there are any
)

// How an entry's event time is written.
const (
	timeNone   = 0
	timeKnown  = 1
	timeMadeUp = 2
)

// codec turns units to records and back. It keeps scratch memory; one
// goroutine may use it.
type codec struct {
	enc      encoder
	dec      decoder
	wanted   bool     // the order of words is decoded
	renumber []uint32 // a dictionary's numbers to the record's, or back
	terms    uint32   // distinct ones written so far
}

// windowsRecord is the windows section.
type windowsRecord struct {
	Windows []topics.Window `json:"windows,omitempty"`
	Counts  []topics.Counts `json:"counts,omitempty"`
	Late    []topics.Late   `json:"late,omitempty"`
}

// encode writes the given sections of a unit for one partition. owns tells
// which log messages are the partition's; the others' entries are left out,
// for they are in the records of those who own them. The bytes are valid until the next call.
func (c *codec) encode(u *Unit, sections []byte, partition int, owns func(sequence uint64) bool) ([]byte, error) {
	e := &c.enc
	e.reset()
	e.byte(recordFormat)
	for _, s := range sections {
		e.byte(s)
		switch s {
		case tokensSection:
			c.entries(u, owns, c.tokens)
		case wordsSection:
			c.words(u, owns)
		case dfSection:
			c.df(u, partition)
		case valuesSection:
			c.values(u, partition)
		case predictionsSection:
			c.entries(u, owns, c.prediction)
			c.ledger(u)
			c.watched(u, owns)
		case windowsSection:
			if err := c.windows(u, partition); err != nil {
				return nil, err
			}
		}
	}
	return e.buf, nil
}

// entries writes the entries that owns lets through: what all stages know of
// them, then what column adds.
func (c *codec) entries(u *Unit, owns func(uint64) bool, column func(*Unit, *Entry)) {
	e := &c.enc
	n := 0
	for i := range u.Entries {
		if owns(u.Entries[i].Position.Sequence) {
			n++
		}
	}
	e.uint(uint64(n))
	c.renumber = append(c.renumber[:0], make([]uint32, u.Dict.Len())...)
	c.terms = 0
	sequence, logged, at := u.From, int64(0), int64(0)
	for i := range u.Entries {
		entry := &u.Entries[i]
		if !owns(entry.Position.Sequence) {
			continue
		}
		e.uint(entry.Position.Sequence - sequence)
		sequence = entry.Position.Sequence
		e.uint(uint64(entry.Position.Line))
		e.byte(byte(entry.Kind))
		e.int(entry.Logged - logged)
		logged = entry.Logged
		e.name(entry.Source)
		if entry.Kind == EndEntry {
			column(u, entry)
			continue
		}
		if entry.Kind == PromoteEntry {
			e.promotion(entry.Promotion)
			continue
		}
		if entry.Kind == IdleEntry {
			continue
		}
		e.text(entry.ID)
		if entry.Kind == LostEntry || entry.Kind == BarrierEntry {
			continue
		}
		if entry.Kind != DocumentEntry && entry.Kind != LabelEntry {
			e.name(string(entry.Reason))
			e.text(entry.Detail)
			continue
		}
		e.name(entry.Truth)
		if entry.Time == noTime {
			e.byte(timeNone)
		} else {
			if entry.MadeUp {
				e.byte(timeMadeUp)
			} else {
				e.byte(timeKnown)
			}
			e.int(entry.Time - at)
			at = entry.Time
		}
		if entry.Kind == LabelEntry {
			c.late(entry)
			continue
		}
		column(u, entry)
	}
}

// late writes what is known of a late label beyond what it says.
func (c *codec) late(entry *Entry) {
	e := &c.enc
	e.name(entry.By)
	e.uint(entry.Target.Sequence)
	e.uint(uint64(entry.Target.Line))
	e.byte(byte(entry.Fate))
}

func (c *codec) decodeLate(entry *Entry) {
	d := &c.dec
	entry.By = d.name()
	entry.Target = tidings.Position{Sequence: d.uint(), Line: uint32(d.uint())}
	if entry.Fate = Fate(d.byte()); entry.Fate >= fates {
		d.fail()
	}
}

func (c *codec) tokens(u *Unit, entry *Entry) {
	if entry.Kind == EndEntry {
		return
	}
	e := &c.enc
	terms := u.TermsOf(entry)
	e.uint(uint64(len(terms)))
	for _, t := range terms {
		if n := c.renumber[t.Ref]; n > 0 {
			e.uint(uint64(n))
		} else {
			c.terms++
			c.renumber[t.Ref] = c.terms
			e.uint(0)
			text := u.Dict.Text(t.Ref)
			e.uint(uint64(len(text)))
			e.buf = append(e.buf, text...)
		}
		e.uint(uint64(t.Count))
	}
}

func (c *codec) prediction(_ *Unit, entry *Entry) {
	e := &c.enc
	if entry.Kind == EndEntry {
		e.fixed(entry.DFDigest)
		e.fixed(entry.ModelDigest)
		e.uint(entry.Updates)
		e.fixed(entry.Chain)
		e.uint(entry.Dropped.Terms)
		e.uint(entry.Dropped.Cells)
		e.uint(entry.Dropped.Labels)
		return
	}
	e.name(entry.Label)
	e.float(entry.Probability)
	e.uint(entry.Version)
	e.uint(uint64(len(entry.Scores)))
	for _, s := range entry.Scores {
		e.name(s.Label)
		e.float(s.Probability)
	}
}

func (c *codec) df(u *Unit, partition int) {
	e := &c.enc
	values := u.DF[partition]
	e.uint(uint64(len(values)))
	for _, v := range values {
		e.uint(uint64(v))
	}
	ends := u.ends[partition]
	e.uint(uint64(len(ends)))
	for _, end := range ends {
		e.uint(end.position.Sequence)
		e.uint(uint64(end.position.Line))
		e.fixed(end.digest)
		e.uint(end.dropped)
	}
}

func (c *codec) windows(u *Unit, partition int) error {
	b, err := json.Marshal(windowsRecord{u.Windows[partition], u.Counts[partition], u.Late[partition]})
	if err != nil {
		return fmt.Errorf("windows cannot be written: %w", err)
	}
	c.enc.uint(uint64(len(b)))
	c.enc.buf = append(c.enc.buf, b...)
	return nil
}

// decode reads a record into an empty unit whose range is known.
func (c *codec) decode(u *Unit, data []byte, partition int) error {
	d := &c.dec
	d.reset(data)
	format := d.byte()
	if format < recordFormatOldest || format > recordFormat {
		return fmt.Errorf("record of format %d, this program reads %d to %d; a newer version wrote it: %w", format, recordFormatOldest, recordFormat, errMalformed)
	}
	for len(d.buf) > 0 && d.err == nil {
		switch s := d.byte(); s {
		case tokensSection:
			c.decodeEntries(u, c.decodeTokens)
		case wordsSection:
			c.decodeWords(u)
		case dfSection:
			c.decodeDF(u, partition)
		case valuesSection:
			c.decodeValues(u, partition)
		case predictionsSection:
			c.decodeEntries(u, c.decodePrediction)
			if u.Traced = format >= 2; u.Traced {
				c.decodeLedger(u)
			}
		case windowsSection:
			c.decodeWindows(u, partition)
		case alarmsSection:
			c.decodeWatched(u)
		default:
			d.fail()
		}
	}
	return d.err
}

func (c *codec) decodeEntries(u *Unit, column func(*Unit, *Entry)) {
	d := &c.dec
	c.renumber = c.renumber[:0]
	sequence, logged, at := u.From, int64(0), int64(0)
	for range d.count(5) {
		u.Entries = append(u.Entries, Entry{})
		entry := &u.Entries[len(u.Entries)-1]
		sequence += d.uint()
		entry.Position = tidings.Position{Sequence: sequence, Line: uint32(d.uint())}
		entry.Kind = Kind(d.byte())
		logged += d.int()
		entry.Logged = logged
		entry.Source = d.name()
		entry.Time = noTime
		entry.terms = uint32(len(u.Terms))
		switch entry.Kind {
		case EndEntry:
			column(u, entry)
		case PromoteEntry:
			entry.Promotion = d.promotion()
		case IdleEntry:
		case DocumentEntry, LabelEntry:
			entry.ID = d.text()
			entry.Truth = d.name()
			if form := d.byte(); form != timeNone {
				at += d.int()
				entry.Time, entry.MadeUp = at, form == timeMadeUp
			}
			if entry.Kind == LabelEntry {
				c.decodeLate(entry)
			} else {
				column(u, entry)
			}
		case LostEntry, BarrierEntry:
			entry.ID = d.text()
		case DeadLetter, RejectEntry:
			entry.ID = d.text()
			entry.Reason = tidings.Reason(d.name())
			entry.Detail = d.text()
		default:
			d.fail()
		}
		entry.termsEnd = uint32(len(u.Terms))
		if sequence < u.From || sequence > u.To {
			d.fail()
		}
		if d.err != nil {
			return
		}
	}
}

func (c *codec) decodeTokens(u *Unit, entry *Entry) {
	if entry.Kind == EndEntry {
		return
	}
	d := &c.dec
	for range d.count(2) {
		n := d.uint()
		if n > uint64(len(c.renumber)) {
			d.fail()
			return
		}
		if n == 0 {
			c.renumber = append(c.renumber, u.Dict.Add(d.bytes()))
			n = uint64(len(c.renumber))
		}
		u.Terms = append(u.Terms, features.TermCount{Ref: c.renumber[n-1], Count: uint32(d.uint())})
	}
}

func (c *codec) decodePrediction(u *Unit, entry *Entry) {
	d := &c.dec
	if entry.Kind == EndEntry {
		entry.DFDigest = d.fixed()
		entry.ModelDigest = d.fixed()
		entry.Updates = d.uint()
		entry.Chain = d.fixed()
		entry.Dropped = Dropped{Terms: d.uint(), Cells: d.uint(), Labels: d.uint()}
		return
	}
	entry.Label = d.name()
	entry.Probability = d.float()
	entry.Version = d.uint()
	first := len(u.scores)
	for range d.count(9) {
		u.scores = append(u.scores, tidings.Score{Label: d.name(), Probability: d.float()})
	}
	entry.Scores = u.scores[first:len(u.scores):len(u.scores)]
}

func (c *codec) decodeDF(u *Unit, partition int) {
	d := &c.dec
	u.room(partition + 1)
	values := u.DF[partition]
	for range d.count(1) {
		values = append(values, uint32(d.uint()))
	}
	u.DF[partition] = values
	for range d.count(10) {
		u.ends[partition] = append(u.ends[partition], endDigest{
			position: tidings.Position{Sequence: d.uint(), Line: uint32(d.uint())},
			digest:   d.fixed(),
			dropped:  d.uint(),
		})
	}
}

func (c *codec) decodeWindows(u *Unit, partition int) {
	u.room(partition + 1)
	var r windowsRecord
	if b := c.dec.bytes(); c.dec.err == nil && json.Unmarshal(b, &r) != nil {
		c.dec.fail()
	}
	u.Windows[partition] = append(u.Windows[partition], r.Windows...)
	u.Counts[partition] = append(u.Counts[partition][:0], r.Counts...)
	u.Late[partition] = append(u.Late[partition], r.Late...)
}
