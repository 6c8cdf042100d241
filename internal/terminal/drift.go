package terminal

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tidings/model/drift"
	"tidings/pipeline"
)

// Limits of what is said of change.
const (
	alarmsMax         = 8
	detectorsShownMax = 16
	detectorColumns   = 24
)

// drift says how often each detector of change alarmed, beside the baseline, and
// where the last alarms were. Where even the baseline is silent there is nothing
// to say.
func (p *page) drift(r Report) {
	if !slices.ContainsFunc(r.Summary.Drift, func(c pipeline.AlarmCount) bool { return c.Alarms > 0 }) {
		return
	}
	p.section("Drift", "how often each detector alarmed; "+drift.Every+" does by number alone")
	var parts []line
	for _, c := range r.Summary.Drift[:min(len(r.Summary.Drift), detectorsShownMax)] {
		i := plain
		if c.Alarms > 0 && !strings.HasPrefix(c.Detector, drift.Every) {
			i = yellow
		}
		parts = append(parts, line{}.add(i, visible(c.Detector).cut(detectorColumns)+" "+number(c.Alarms)))
	}
	p.list("alarms", parts...)
	last := r.Alarms[max(0, len(r.Alarms)-alarmsMax):]
	for _, a := range last {
		when := text("")
		if !a.Time.IsZero() {
			when = "  " + visible(a.Time.Format(time.DateOnly))
		}
		p.print(line{}.to(valueColumn).add(yellow, visible(a.Detector).cut(detectorColumns).left(len(drift.PageHinkley))).
			add(plain, "  at "+visible(a.Position.String())+when).
			add(dim, "  "+statistic(a.Statistic)+" above "+statistic(a.Threshold)))
	}
}

// statistic writes a detector's number with four digits.
func statistic(x float64) text { return visible(strconv.FormatFloat(x, 'g', 4, 64)) }
