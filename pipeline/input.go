package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"tidings/guarantees"
	"tidings/internal/broker"
)

// An input yields a worker's units in order, without gaps.
type input interface {
	// next fills an empty unit, waiting for at least one log message.
	next(ctx context.Context, u *Unit) error
	close()
}

// cuts are log sequences behind which a unit has to end: where the cursors of
// a worker's partitions stand when it starts. A unit then is either wholly
// committed in a partition or not at all.
type cuts []uint64

// limit is the last sequence that a unit from on may cover, if it could reach
// to.
func (c cuts) limit(from, to uint64) uint64 {
	for _, cut := range c {
		if cut >= from && cut < to {
			to = cut
		}
	}
	return to
}

// logInput cuts the log into units: as many messages as are there, up to a
// unit's limits, so that units are large under load and small when slow.
type logInput struct {
	reader  *broker.Reader
	cuts    cuts
	records []broker.Record
	at      uint64 // the last sequence delivered
}

func openLog(ctx context.Context, b *broker.Broker, name Name, after uint64, c cuts) (*logInput, error) {
	r, err := b.Read(ctx, name.LogStream().Name, after+1, broker.ReaderOptions{Ahead: 4 * UnitDocumentsMax})
	if err != nil {
		return nil, err
	}
	return &logInput{reader: r, cuts: c, at: after}, nil
}

func (in *logInput) close() { in.reader.Close() }

func (in *logInput) next(ctx context.Context, u *Unit) (err error) {
	if len(in.records) == 0 {
		if in.records, err = in.reader.Next(ctx); err != nil {
			return err
		}
	}
	u.From = in.at + 1
	end := in.cuts.limit(u.From, in.at+uint64(len(in.records)))
	documents, size := 0, 0
	for in.at < end && documents < UnitDocumentsMax && size < UnitBytesMax {
		r := in.records[0]
		in.records = in.records[1:]
		in.at = r.Sequence
		u.AddLog(r)
		documents += 1 + bytes.Count(r.Data, []byte{'\n'})
		size += len(r.Data)
	}
	return nil
}

// side is one stream that a zipInput reads: what one partition of a stage
// wrote, cut into frames.
type side struct {
	node      Node
	partition int
	of        int // partitions of the stage
	name      string
	reader    *broker.Reader
	codec     codec
	records   []broker.Record
	frame     Unit // what is being consumed
	committed int64
	have      bool
	at        uint64 // the last log sequence covered by frames so far
	entry     int    // next of frame.Entries
	value     int    // next of frame.DF
}

// zipInput puts the streams of several partitions together again, by
// position. All of them cover every position exactly once, so there is
// nothing to wait for but the next record of each.
type zipInput struct {
	sides []*side
	cuts  cuts
	at    uint64
	route router
	df    int // partitions of df
}

// openZip reads all partitions of the given stages from their first record.
func openZip(ctx context.Context, b *broker.Broker, p Plan, stages []string, c cuts) (_ *zipInput, err error) {
	in := &zipInput{cuts: c, df: p.Partitions.DF, route: newRouter(p.Partitions.DF)}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	for _, stage := range stages {
		n, err := node(stage)
		if err != nil {
			return nil, err
		}
		of := *p.Partitions.of(stage)
		for i := range of {
			s := &side{node: n, partition: i, of: of, name: p.Pipeline.partitionStream(n, i).Name}
			if s.reader, err = b.Read(ctx, s.name, 1, broker.ReaderOptions{}); err != nil {
				return nil, err
			}
			in.sides = append(in.sides, s)
		}
	}
	return in, nil
}

func (in *zipInput) close() {
	for _, s := range in.sides {
		if s.reader != nil {
			s.reader.Close()
		}
	}
}

func (in *zipInput) next(ctx context.Context, u *Unit) error {
	u.From = in.at + 1
	end := ^uint64(0)
	for _, s := range in.sides {
		if err := s.fill(ctx); err != nil {
			return err
		}
		end = min(end, s.frame.To)
	}
	u.To = in.cuts.limit(u.From, end)
	if err := in.zip(u); err != nil {
		return err
	}
	in.at = u.To
	return nil
}

// fill makes sure that the side has a frame that is not used up.
func (s *side) fill(ctx context.Context) (err error) {
	for !s.have {
		if len(s.records) == 0 {
			if s.records, err = s.reader.Next(ctx); err != nil {
				return err
			}
		}
		r := s.records[0]
		s.records = s.records[1:]
		if err := s.open(r); err != nil {
			return fmt.Errorf("stream %s: %w", s.name, err)
		}
	}
	return nil
}

// open decodes a record; fences cover nothing and are passed over.
func (s *side) open(r broker.Record) error {
	h, err := guarantees.ParseHeader(r)
	if err != nil || h.Kind != guarantees.Done {
		return err
	}
	if h.From != s.at+1 {
		return fmt.Errorf("record %d covers %d..%d, but the one before ended at %d; the stream is damaged: rebuild it from the log with another --pipeline", r.Sequence, h.From, h.To, s.at)
	}
	s.frame.Reset()
	s.frame.From, s.frame.To = h.From, h.To
	if s.node.Stage == DFStage {
		s.frame.room(s.partition + 1) // also when the record lacks the section
	}
	if err := s.codec.decode(&s.frame, r.Data, s.partition); err != nil {
		return fmt.Errorf("record %d: %w", r.Sequence, err)
	}
	s.at, s.entry, s.value, s.have = h.To, 0, 0, true
	s.committed = r.Time.UnixNano()
	return nil
}

// zip fills u from the sides' frames up to u.To: first the entries by
// position, then the values that go with them.
func (in *zipInput) zip(u *Unit) error {
	u.room(max(in.df, len(in.sides)))
	for _, s := range in.sides {
		s.translate(u)
	}
	for sequence := u.From; sequence <= u.To; {
		next := u.To + 1
		for _, s := range in.sides {
			next = min(next, s.takeEntries(u, sequence))
		}
		sequence = next
	}
	in.route.terms(&u.Dict)
	for _, s := range in.sides {
		if err := in.takeColumns(u, s); err != nil {
			return err
		}
		s.have = s.frame.To > u.To
	}
	return nil
}

// translate enters the frame's terms into the unit's dictionary and keeps
// their numbers there.
func (s *side) translate(u *Unit) {
	s.codec.renumber = s.codec.renumber[:0]
	for ref := range uint32(s.frame.Dict.Len()) {
		s.codec.renumber = append(s.codec.renumber, u.Dict.Add(s.frame.Dict.Text(ref)))
	}
}

// takeEntries moves the entries of one log sequence, if the side has them, and
// returns the sequence of its next entry.
func (s *side) takeEntries(u *Unit, sequence uint64) uint64 {
	for s.entry < len(s.frame.Entries) {
		e := s.frame.Entries[s.entry]
		if e.Position.Sequence > sequence {
			return e.Position.Sequence
		}
		s.entry++
		terms := s.frame.TermsOf(&e)
		e.terms = uint32(len(u.Terms))
		for _, t := range terms {
			t.Ref = s.codec.renumber[t.Ref]
			u.Terms = append(u.Terms, t)
		}
		e.termsEnd = uint32(len(u.Terms))
		first := len(u.scores)
		u.scores = append(u.scores, e.Scores...)
		e.Scores = u.scores[first:len(u.scores):len(u.scores)]
		e.Committed = s.committed
		u.Entries = append(u.Entries, e)
	}
	return ^uint64(0)
}

// takeColumns moves the df values that belong to the unit's terms, and the
// windows of a frame that is used up.
func (in *zipInput) takeColumns(u *Unit, s *side) error {
	p := s.partition
	if s.node.Stage == DFStage {
		values := s.frame.DF[p][s.value:]
		if s.frame.To > u.To {
			n := in.owned(u, p)
			if n > len(values) {
				return fmt.Errorf("stream %s has no df value for some terms of log messages %d..%d", s.name, u.From, u.To)
			}
			values = values[:n]
		}
		s.value += len(values)
		u.DF[p] = append(u.DF[p], values...)
		for _, end := range s.frame.ends[p] {
			if end.position.Sequence >= u.From && end.position.Sequence <= u.To {
				u.ends[p] = append(u.ends[p], end)
			}
		}
	}
	if s.frame.To == u.To && len(s.frame.Windows) > p {
		u.Windows[p] = append(u.Windows[p], s.frame.Windows[p]...)
		u.Counts[p] = append(u.Counts[p][:0], s.frame.Counts[p]...)
	}
	return nil
}

// owned counts the unit's terms that belong to a df partition.
func (in *zipInput) owned(u *Unit, partition int) (n int) {
	for _, t := range u.Terms {
		if int(in.route.at[t.Ref].partition) == partition {
			n++
		}
	}
	return n
}

// waitTimeout bounds what a stopping worker waits for.
const waitTimeout = 10 * time.Second
