package terminal

import (
	"math"
	"slices"
	"time"
)

// stageColumnsMax bounds the name of a stage.
const stageColumnsMax = 20

// progressRecord is a Status as JSON.
type progressRecord struct {
	Stage              string  `json:"stage"`
	Documents          uint64  `json:"documents"`
	Total              uint64  `json:"total,omitempty"`
	DocumentsPerSecond float64 `json:"documents_per_second"`
	Accuracy           float64 `json:"accuracy"`
	Labelled           uint64  `json:"labelled"`
	Lag                uint64  `json:"lag"`
	Rejected           uint64  `json:"rejected"`
	DeadLetters        uint64  `json:"dead_letters"`
	ElapsedSeconds     float64 `json:"elapsed_seconds"`
}

// countRecord is a Status of what is no documents as JSON.
type countRecord struct {
	Stage          string  `json:"stage"`
	Unit           string  `json:"unit"`
	Done           uint64  `json:"done"`
	Total          uint64  `json:"total,omitempty"`
	PerSecond      float64 `json:"per_second"`
	ElapsedSeconds float64 `json:"elapsed_seconds"`
}

func (s Status) record(since time.Duration) any {
	if s.Unit != Documents {
		return countRecord{
			Stage: string(clean(s.Stage)), Unit: string(s.Unit.name()), Done: s.Documents, Total: s.Total,
			PerSecond: number0(s.Rate), ElapsedSeconds: since.Round(time.Millisecond).Seconds(),
		}
	}
	return progressRecord{
		Stage: string(clean(s.Stage)), Documents: s.Documents, Total: s.Total,
		DocumentsPerSecond: number0(s.Rate), Accuracy: number0(s.Accuracy), Labelled: s.Labelled,
		Lag: s.Lag, Rejected: s.Rejected, DeadLetters: s.DeadLetters,
		ElapsedSeconds: since.Round(time.Millisecond).Seconds(),
	}
}

// number0 is x, or 0 for what JSON cannot say.
func number0(x float64) float64 {
	if finite(x) {
		return x
	}
	return 0
}

// share is how much of the stage is done, in [0, 1].
func (s Status) share() float64 {
	if s.Total == 0 {
		return 0
	}
	return min(float64(s.Documents)/float64(s.Total), 1)
}

// remaining is how long the stage will take at this rate; false when nobody
// knows.
func (s Status) remaining() (time.Duration, bool) {
	if s.Total <= s.Documents || !(s.Rate > 0) || math.IsInf(s.Rate, 0) {
		return 0, false
	}
	seconds := float64(s.Total-s.Documents) / s.Rate
	if seconds > 100*60*60 {
		return 0, false
	}
	return time.Duration(math.Ceil(seconds)) * time.Second, true
}

// sentence is the status as a plain line.
func (s Status) sentence(since time.Duration) text {
	t := s.stage() + ": "
	if s.Total > 0 {
		t += s.Unit.amount(s.Documents) + " of " + s.Unit.noun(s.Total) + " (" + percent(s.share(), 0) + " %)"
	} else {
		t += s.Unit.noun(s.Documents)
	}
	t += " after " + elapsed(since) + ", " + s.Unit.rate(s.Rate) + " a second"
	if s.Labelled > 0 {
		t += ", " + percent(s.Accuracy, 1) + " % of " + number(s.Labelled) + " labelled right"
	}
	if s.Lag > 0 {
		t += ", " + plural(s.Lag, "message", "messages") + " behind"
	}
	if s.Rejected > 0 {
		t += ", " + number(s.Rejected) + " rejected"
	}
	if s.DeadLetters > 0 {
		t += ", " + plural(s.DeadLetters, "dead letter", "dead letters")
	}
	return t
}

func (s Status) stage() text { return visible(s.Stage).cut(stageColumnsMax) }

// piece is a part of the live line. Where there is no room for all, those of
// the highest rank go first; those of rank 0 stay.
type piece struct {
	rank int
	ink  ink
	text text
}

// live is the status as a line that fits into that many columns. What the
// pieces leave is the bar's, which is the first to go.
func (s Status) live(since time.Duration, columns int, spinner text) line {
	head := line{}.add(cyan, spinner+" ").add(bold, s.stage()).add(plain, "  ")
	pieces := s.pieces(since)
	for rank := rankMax; rank > 0; rank-- {
		l := append(head[:len(head):len(head)], joined(pieces)...)
		room := columns - l.columns() - 2
		switch {
		case s.Total > 0 && room >= liveBarMin:
			l = append(head[:len(head):len(head)], bar(s.share(), min(room, liveBarMax), cyan)...)
			return append(l.add(plain, "  "), joined(pieces)...)
		case room >= -2 && (s.Total == 0 || rank <= rankBar):
			return l
		}
		pieces = slices.DeleteFunc(pieces, func(p piece) bool { return p.rank == rank })
	}
	return append(head, joined(pieces)...).cut(columns)
}

// Ranks and widths of the live line.
const (
	rankMax    = 6
	rankBar    = 4 // from this rank on, pieces are worth more than the bar
	liveBarMin = 5
	liveBarMax = 24
)

func (s Status) pieces(since time.Duration) []piece {
	documents := s.Unit.amount(s.Documents)
	var pieces []piece
	if s.Total > 0 {
		pieces = append(pieces, piece{1, plain, percent(s.share(), 0).right(3) + " %"})
		documents = documents.right(max(s.Unit.amount(s.Total).columns(), s.Unit.columnsMin())) + " of " + s.Unit.amount(s.Total)
	}
	pieces = append(pieces, piece{0, plain, documents}, piece{3, plain, s.Unit.rate(s.Rate) + "/s"})
	if s.Labelled > 0 {
		pieces = append(pieces, piece{4, grade(s.Accuracy), percent(s.Accuracy, 1) + " % right"})
	}
	if refused := s.Rejected + s.DeadLetters; refused > 0 {
		pieces = append(pieces, piece{2, yellow, number(refused) + " refused"})
	}
	if s.Lag > 0 {
		pieces = append(pieces, piece{6, dim, number(s.Lag) + " behind"})
	}
	if left, known := s.remaining(); known {
		return append(pieces, piece{5, dim, seconds(left) + " left"})
	}
	return append(pieces, piece{5, dim, seconds(since)})
}

func joined(pieces []piece) line {
	var l line
	for i, p := range pieces {
		if i > 0 {
			l = l.add(plain, "  ")
		}
		l = l.add(p.ink, p.text)
	}
	return l
}

// spinner shows that something moves, by time alone.
func spinner(since time.Duration) text {
	frames := [...]text{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}
	return frames[int(max(since, 0)/liveEvery)%len(frames)]
}

// bar draws a share of 1 as a line of that many columns, to half a column.
func bar(share float64, columns int, i ink) line {
	if !finite(share) {
		share = 0
	}
	halves := int(math.Round(min(max(share, 0), 1) * float64(2*columns)))
	filled := repeat("━", halves/2)
	if halves%2 == 1 {
		filled += "╸"
	}
	return line{}.add(i, filled).add(dim, repeat("─", columns-filled.columns()))
}
