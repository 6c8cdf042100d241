package guaranteestest

import (
	"testing"
)

// Suite puts a system to the contract.
type Suite struct {
	// Refuses says why the system cannot be as the cell wants it, nil where it can.
	Refuses func(c Cell) error
	// Missing are the cells that are known to be refused; nil: none. One that is
	// refused and not known to be fails, and so does one that is not refused any
	// more.
	Missing func(c Cell) bool
	// Disturb runs the system while what the cell says goes wrong, and tells what
	// came of it. Cells run beside each other.
	Disturb func(t *testing.T, c Cell) Outcome
}

// Run runs cells, each as a subtest of its name.
func (s Suite) Run(t *testing.T, cells []Cell) {
	t.Helper()
	ran := 0
	for _, c := range cells {
		err := s.Refuses(c)
		switch missing := s.Missing != nil && s.Missing(c); {
		case err != nil && missing:
			continue
		case err != nil:
			t.Errorf("%s is refused, and is not among those that are known to be: %v", c, err)
			continue
		case missing:
			t.Errorf("%s is not refused any more: take it off the list", c)
		}
		ran++
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			if err := c.Judge(s.Disturb(t, c)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Logf("%d cells, %d of them missing", len(cells), len(cells)-ran)
}

// Thin takes of the cells of each point one, so that the troubles take turns.
func Thin(cells []Cell) (thin []Cell) {
	point, n := Cell{}, 0
	for i, c := range cells {
		if at := c.point(); i == 0 || at != point {
			point = at
			n++
		}
		if c.Trouble == Troubles()[n%len(Troubles())] {
			thin = append(thin, c)
		}
	}
	return thin
}

// point is the cell without its trouble.
func (c Cell) point() Cell {
	c.Trouble = ""
	return c
}
