package terminal

import "math"

// Unit is what a Status counts.
type Unit int

// The units. Where they are not Documents, the other counts of a Status mean
// nothing and are left zero.
const (
	Documents Unit = iota
	Bytes
	Days
	Messages // of a log
	Runs     // of an experiment
)

// name is the unit as records call it.
func (u Unit) name() text {
	switch u {
	case Bytes:
		return "bytes"
	case Days:
		return "days"
	case Messages:
		return "messages"
	case Runs:
		return "runs"
	}
	return "documents"
}

// amount writes so many without their noun.
func (u Unit) amount(n uint64) text {
	if u == Bytes {
		return size(int64(min(n, math.MaxInt64)))
	}
	return number(n)
}

// noun writes so many with their noun.
func (u Unit) noun(n uint64) text {
	switch u {
	case Bytes:
		return u.amount(n)
	case Days:
		return plural(n, "day", "days")
	case Messages:
		return plural(n, "message", "messages")
	case Runs:
		return plural(n, "run", "runs")
	}
	return plural(n, "document", "documents")
}

// rate writes how many a second.
func (u Unit) rate(x float64) text {
	if u == Bytes && finite(x) && x < 1<<62 {
		return size(int64(x))
	}
	return rate(x)
}

// columnsMin is how wide an amount is at least, so that it does not jump and
// none is cut: a size has up to eight columns, however small the total's.
func (u Unit) columnsMin() int {
	if u == Bytes {
		return len("1023 KiB")
	}
	return 0
}
