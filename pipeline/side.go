package pipeline

import (
	"context"
	"fmt"
	"sort"
	"strconv"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// side is one stream that a zipInput reads: what one partition of a stage
// wrote, cut into frames.
type side struct {
	node      Node
	partition int
	of        int // partitions of the stage
	name      string
	promise   guarantees.Promise // of who writes it
	arrivals  arrivals
	gate      *gate
	codec     codec
	says      bool // what documents say, to be added to what another side says of them
	frame     Unit // what is being consumed
	hole      bool // the frame is a range that is lost
	committed int64
	have      bool
	known     bool             // its terms have their numbers in the unit that is being made
	begin     guarantees.Place // where reading began
	at        uint64           // the last log sequence covered by frames so far
	entry     int              // next of frame.Entries
	value     int              // next of frame.DF
	window    int              // next of frame.Windows
	late      int              // next of frame.Late
	bytes     int              // of the frame's record
	ends      []guarantees.Place
	overtaken *broker.Record // it leaves a range out, which is lost
	sorter    *sorter        // where its records are met as they arrive: puts them in log order
	lane      bool           // it is one lane of a stream
	released  bool           // what it writes may come again, cut elsewhere
	skipped   int            // of a released stream: records that were passed over, for something is missing before them
}

// places are where streams are read from, by their names.
type places = map[string]guarantees.Place

// endsMax is how many ends of frames a side remembers.
const endsMax = 1 << 14

// before is the last place remembered from which all behind a log sequence
// can be read.
func (s *side) before(at uint64) guarantees.Place {
	i := sort.Search(len(s.ends), func(i int) bool { return s.ends[i].At > at })
	if i == 0 {
		return s.begin
	}
	return s.ends[i-1]
}

// label names the side for people and in triggers: "tok/0".
func (s *side) label() string { return s.node.Writes + "/" + strconv.Itoa(s.partition) }

// repetition is a record that covers a range again.
type repetition struct {
	record broker.Record
	header guarantees.Header
	again  bool // not what it says comes again, but the record itself
}

// fill makes sure that the side has a frame that is not used up, or returns the
// repetition that comes before it.
func (s *side) fill(ctx context.Context) (*repetition, error) {
	for !s.have {
		if again, err := s.meet(ctx); again != nil || err != nil {
			return again, err
		}
	}
	return nil, nil
}

// meet takes the next record, which may make a frame, or be a repetition, or
// neither.
func (s *side) meet(ctx context.Context) (*repetition, error) {
	r, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	admitted, err := s.gate.admits(ctx, r)
	if err != nil {
		s.untake(r)
		return nil, err
	}
	if !admitted {
		return nil, nil
	}
	again, err := s.open(r)
	if err != nil {
		return nil, fmt.Errorf("stream %s, record %d: %w", s.name, r.Sequence, err)
	}
	if again != nil && !s.arrivals.marks {
		return again, nil
	}
	if s.have {
		s.committed = s.gate.committed(s.committed, s.at)
	}
	return nil, nil
}

func (s *side) take(ctx context.Context) (r broker.Record, err error) {
	if s.overtaken != nil {
		r, s.overtaken = *s.overtaken, nil
		return r, nil
	}
	return s.arrivals.take(ctx)
}

// untake gives back the record that was taken last.
func (s *side) untake(r broker.Record) { s.overtaken = &r }

// open makes a frame of a record. Those that cover nothing are passed over.
func (s *side) open(r broker.Record) (*repetition, error) {
	h, err := guarantees.ParseHeader(r)
	switch {
	case err != nil:
		return nil, err
	case s.sorter != nil:
		return nil, s.sort(r, h)
	case s.released:
		return nil, s.openReleased(r, h)
	case h.Kind != guarantees.Done && h.Kind != guarantees.Hole:
		return nil, nil
	case s.lane:
		h.From, h.To = h.Span()
		return nil, s.decode(r, h)
	case s.arrivals.again:
		return &repetition{r, h, true}, nil
	case h.Kind == guarantees.Hole && s.promise.Guarantee != guarantees.AtMostOnce:
		return nil, fmt.Errorf("a hole where nothing may be lost (%s); another program wrote it", s.promise)
	case (h.Trigger != "" || h.To <= s.at) && s.promise.Guarantee == guarantees.AtLeastOnce:
		return &repetition{r, h, false}, nil
	case h.From > s.at+1 && !s.arrivals.waits:
		s.overtaken = &r
		h = guarantees.Header{Kind: guarantees.Hole, From: s.at + 1, To: h.From - 1}
	case h.From != s.at+1:
		return nil, fmt.Errorf("it covers %d..%d, but the one before ended at %d; the stream is damaged: rebuild it from the log with another --pipeline", h.From, h.To, s.at)
	default:
		s.remember(guarantees.Place{At: h.To, Next: r.Sequence + 1})
	}
	return nil, s.decode(r, h)
}

// decode fills the frame.
func (s *side) decode(r broker.Record, h guarantees.Header) error {
	s.frame.Reset()
	s.frame.From, s.frame.To = h.From, h.To
	s.hole = h.Kind == guarantees.Hole
	if s.node.Stage == DFStage {
		s.frame.room(s.partition + 1) // also when the record lacks the section
	}
	if !s.hole {
		if err := s.codec.decode(&s.frame, r.Data, s.partition); err != nil {
			return err
		}
	}
	s.at, s.entry, s.value, s.window, s.late, s.have, s.known = h.To, 0, 0, 0, 0, true, false
	s.bytes = len(r.Data)
	s.committed = r.Time.UnixNano()
	return nil
}

func (s *side) remember(end guarantees.Place) {
	if len(s.ends) == endsMax {
		s.ends = append(s.ends[:0], s.ends[endsMax/2:]...)
	}
	s.ends = append(s.ends, end)
}

// translate enters the frame's terms into the unit's dictionary and keeps
// their numbers there.
func (s *side) translate(u *Unit) {
	s.known = true
	s.codec.renumber = s.codec.renumber[:0]
	for ref := range uint32(s.frame.Dict.Len()) {
		s.codec.renumber = append(s.codec.renumber, u.Dict.Add(s.frame.Dict.Text(ref)))
	}
}

// takeEntries moves the entries of one log sequence, if the side has them, and
// returns the sequence of its next entry. Those before the unit are passed
// over.
func (s *side) takeEntries(u *Unit, sequence uint64) uint64 {
	for s.entry < len(s.frame.Entries) {
		e := s.frame.Entries[s.entry]
		if e.Position.Sequence > sequence {
			return e.Position.Sequence
		}
		s.entry++
		if e.Position.Sequence < u.From {
			continue
		}
		terms := s.frame.TermsOf(&e)
		e.terms = uint32(len(u.Terms))
		for _, t := range terms {
			t.Ref = s.codec.renumber[t.Ref]
			u.Terms = append(u.Terms, t)
		}
		e.termsEnd = uint32(len(u.Terms))
		s.copyWords(u, &e)
		if s.says {
			u.say(&e)
			continue
		}
		first := len(u.scores)
		u.scores = append(u.scores, e.Scores...)
		e.Scores = u.scores[first:len(u.scores):len(u.scores)]
		if s.sorter == nil {
			e.Committed = s.committed
		}
		u.Entries = append(u.Entries, e)
	}
	return ^uint64(0)
}

// takeWindows moves the windows that were told up to the unit's end: those of
// several partitions then stand in the order in which they were told. Where an
// older program did not write when, it is the frame's end.
func (s *side) takeWindows(u *Unit) {
	windows := s.frame.Windows[s.partition]
	for ; s.window < len(windows); s.window++ {
		at := windows[s.window].At.Sequence
		if s.frame.To > u.To && (at == 0 || at > u.To) {
			return
		}
		u.Windows[s.partition] = append(u.Windows[s.partition], windows[s.window])
	}
}

// takeLate moves the late documents up to the unit's end, and shows it those that
// the counts are ahead of it by.
func (s *side) takeLate(u *Unit) {
	late := s.frame.Late[s.partition]
	for s.late < len(late) && (s.frame.To == u.To || late[s.late].Position.Sequence <= u.To) {
		u.Late[s.partition] = append(u.Late[s.partition], late[s.late])
		s.late++
	}
	u.ahead[s.partition] = late[s.late:]
}
