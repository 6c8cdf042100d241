package model

import (
	"encoding/binary"
	"math"
	"slices"
)

// The payload of a linear model, after what is one model's own:
//
//	calibration 32 | updates 8 | dropped 8 | labels 4 | a label: bytes 4, name
//	a group of labels: rows 4 | a row: feature 4, mask 8, a cell: 4 + 4
//
// Rows stand in the order of their features.

// size returns the bytes that save writes.
func (m *linear) size() uint64 {
	n := calibrationBytes + 8 + 8 + 4
	for _, name := range m.labels.names {
		n += 4 + len(name)
	}
	for i := range m.cells.groups {
		n += 4 + 12*m.cells.groups[i].used
	}
	return uint64(n + 8*m.cells.count)
}

func (m *linear) save(e *encoder) {
	m.calibration.save(e)
	e.uint64(m.updates)
	e.uint64(m.cells.drops)
	e.uint32(uint32(len(m.labels.names)))
	for _, name := range m.labels.names {
		e.uint32(uint32(len(name)))
		e.bytes([]byte(name))
	}
	var buf []byte
	for i := range m.cells.groups {
		rows := m.cells.groups[i].byFeature()
		e.uint32(uint32(len(rows)))
		for j := range rows {
			r := &rows[j]
			buf = binary.LittleEndian.AppendUint32(buf[:0], r.feature)
			buf = binary.LittleEndian.AppendUint64(buf, r.mask)
			for _, c := range m.cells.of(r) {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(c.a))
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(c.b))
			}
			e.bytes(buf)
		}
	}
}

// byFeature returns copies of the rows, sorted.
func (g *group) byFeature() []row {
	rows := make([]row, 0, g.used)
	for _, r := range g.rows {
		if r.mask != 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.feature < b.feature {
			return -1
		}
		return 1
	})
	return rows
}

// load reads what save wrote into an empty model. valid tells whether a cell of
// finite numbers is one that the model could have.
func (m *linear) load(d *decoder, valid func(cell) bool) error {
	m.calibration.load(d)
	m.updates = d.uint64("updates")
	m.cells.drops = d.uint64("dropped cells")
	n := d.uint32("labels")
	if n > LabelsMax {
		d.fail("%d labels are more than the limit of %d", n, LabelsMax)
	}
	for i := uint32(0); i < n && d.err == nil; i++ {
		m.loadLabel(d)
	}
	for i := range m.cells.groups {
		m.loadGroup(d, i, valid)
	}
	return d.err
}

func (m *linear) loadLabel(d *decoder) {
	size := d.uint32("label")
	if size == 0 || size > uint32(len(d.buf)) {
		d.fail("a label has %d bytes", size)
		return
	}
	name := string(d.bytes(int(size), "label"))
	if d.err != nil {
		return
	}
	if err := m.labels.check(name); err != nil || m.labels.find(name) >= 0 {
		d.fail("label %q cannot be there or is there twice", name)
		return
	}
	m.add(name)
}

func (m *linear) loadGroup(d *decoder, i int, valid func(cell) bool) {
	g, all := &m.cells.groups[i], groupMask(i, len(m.labels.names))
	last := -1
	for rows := d.uint32("rows"); rows > 0 && d.err == nil; rows-- {
		feature, mask := d.uint32("row"), d.uint64("row")
		if d.err != nil {
			return
		}
		if int(feature) <= last || mask == 0 || mask&^all != 0 || m.cells.count+cellCount(mask) > m.cells.max {
			d.fail("the row of feature %d cannot be", feature)
			return
		}
		last = int(feature)
		of := m.cells.of(m.cells.widen(g, feature, mask))
		buf := d.bytes(8*len(of), "cells")
		for k := range of {
			c := cell{
				math.Float32frombits(binary.LittleEndian.Uint32(buf[8*k:])),
				math.Float32frombits(binary.LittleEndian.Uint32(buf[8*k+4:])),
			}
			if d.err == nil && !(finite(c.a) && finite(c.b) && valid(c)) {
				d.fail("a cell of feature %d holds %g and %g", feature, c.a, c.b)
			}
			of[k] = c
		}
	}
}

func finite(v float32) bool { return v-v == 0 }
