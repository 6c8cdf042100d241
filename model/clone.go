package model

import (
	"maps"
	"slices"
)

// clone copies the state, and nothing of what a model only works with.
func (m *linear) clone() linear {
	return linear{options: m.options, labels: m.labels.clone(), cells: m.cells.clone(), updates: m.updates, calibration: m.calibration}
}

func (l *labels) clone() labels {
	return labels{names: slices.Clone(l.names), hashes: slices.Clone(l.hashes), sorted: slices.Clone(l.sorted), index: maps.Clone(l.index)}
}

func (c *cells) clone() cells {
	out := *c
	out.groups = slices.Clone(c.groups)
	for i := range out.groups {
		out.groups[i].rows = slices.Clone(c.groups[i].rows)
	}
	out.blocks = c.blocks.clone()
	return out
}

func (a *arena) clone() arena {
	out := arena{next: a.next, chunks: slices.Clone(a.chunks)}
	for i := range out.chunks {
		out.chunks[i] = slices.Clone(a.chunks[i])
	}
	for i := range out.free {
		out.free[i] = slices.Clone(a.free[i])
	}
	return out
}

// Clone is Model's.
func (m *arow) Clone() Model {
	return &arow{linear: m.linear.clone(), r: m.r}
}

// Clone is Model's.
func (m *pa) Clone() Model {
	return &pa{linear: m.linear.clone(), aggressiveness: m.aggressiveness}
}

// Clone is Model's. Rules have no state.
func (m *multinomial) Clone() Model {
	return &multinomial{linear: m.linear.clone(), name: m.name, rule: m.rule, weigh: m.weigh}
}
