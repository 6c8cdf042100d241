package terminal

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// number writes n with commas between its thousands.
func number(n uint64) text {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return text(digits)
}

// compact writes n in at most four columns: 9999, 12k, 3.4M.
func compact(n uint64) text {
	if n < 10_000 {
		return text(strconv.FormatUint(n, 10))
	}
	value, unit := float64(n), 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if value < 9.95 && unit > 1 {
		return text(fmt.Sprintf("%.1f%c", value, units[unit]))
	}
	return text(fmt.Sprintf("%.0f%c", value, units[unit]))
}

const units = " kMGTPE"

// plural writes a number with its noun.
func plural(n uint64, one, many text) text {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// percent writes a share of 1 in percent, without the sign. What is not all
// is never rounded to 100, and what is no number is a dash.
func percent(share float64, decimals int) text {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "–"
	}
	share = min(max(share, 0), 1)
	scaled := share * 100
	step := math.Pow10(-decimals)
	if share < 1 {
		scaled = min(scaled, 100-step)
	}
	return text(strconv.FormatFloat(scaled, 'f', decimals, 64))
}

// signed writes a number with its sign, 0 without, and a huge one by its power
// of ten.
func signed(x float64, decimals int) text {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	if math.Abs(x) >= 1e5 {
		s = strconv.FormatFloat(math.Abs(x), 'g', 3, 64)
	}
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case x > 0:
		return text("+" + s)
	case x < 0:
		return text("−" + s)
	}
	return text(s)
}

// rate writes how many a second.
func rate(x float64) text {
	switch {
	case !finite(x) || x <= 0:
		return "0"
	case x < 10:
		return text(strconv.FormatFloat(x, 'f', 1, 64))
	case x < 1e15:
		return number(uint64(math.Round(x)))
	}
	return text(strconv.FormatFloat(x, 'g', 3, 64))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// elapsed writes a duration as people say it.
func elapsed(d time.Duration) text {
	switch {
	case d < time.Second:
		return milliseconds(float64(max(d, 0)) / float64(time.Millisecond))
	case d < 9950*time.Millisecond:
		return text(fmt.Sprintf("%.1f s", d.Seconds()))
	}
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return text(fmt.Sprintf("%d s", int(d.Seconds())))
	case d < time.Hour:
		return text(fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60))
	}
	d = d.Round(time.Minute)
	return text(fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60))
}

// seconds writes a duration in whole seconds or more.
func seconds(d time.Duration) text {
	if d < time.Minute {
		return text(fmt.Sprintf("%d s", int(max(d, 0)/time.Second)))
	}
	return elapsed(d)
}

// milliseconds writes a short time with two or three digits that matter.
func milliseconds(ms float64) text {
	switch {
	case !finite(ms) || ms <= 0:
		return "0 ms"
	case ms < 1:
		return text(fmt.Sprintf("%.0f µs", max(ms*1000, 1)))
	case ms < 10:
		return text(fmt.Sprintf("%.1f ms", ms))
	case ms < 10_000:
		return text(fmt.Sprintf("%.0f ms", ms))
	}
	return elapsed(time.Duration(min(ms, 1e12) * float64(time.Millisecond)))
}

// size writes a number of bytes.
func size(bytes int64) text {
	binary := [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	value, unit := float64(max(bytes, 0)), 0
	for value >= 1023.5 && unit < len(binary)-1 {
		value /= 1024
		unit++
	}
	if unit > 0 && value < 9.95 {
		return text(fmt.Sprintf("%.1f %s", value, binary[unit]))
	}
	return text(fmt.Sprintf("%.0f %s", value, binary[unit]))
}
