package report

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Cell is a number, a text, or nothing, which is the zero value.
type Cell struct {
	text   string
	value  float64
	number bool
}

// Number is a cell that holds one.
func Number(x float64) Cell { return Cell{value: x, number: true} }

// Text is a cell that holds one.
func Text(s string) Cell { return Cell{text: s} }

// Count is a cell that holds a whole number.
func Count(n uint64) Cell { return Number(float64(n)) }

// Value is the number that the cell holds, if it holds one.
func (c Cell) Value() (x float64, number bool) { return c.value, c.number }

// Format shows the cell, a number with so many decimals.
func (c Cell) Format(decimals int) string {
	if c.number {
		return strconv.FormatFloat(c.value, 'f', decimals, 64)
	}
	return c.text
}

// MarshalJSON is a number, a string, or null.
func (c Cell) MarshalJSON() ([]byte, error) {
	switch {
	case c.number:
		return json.Marshal(c.value)
	case c.text != "":
		return json.Marshal(c.text)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Cell) UnmarshalJSON(data []byte) error {
	*c = Cell{}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case float64:
		*c = Number(v)
	case string:
		*c = Text(v)
	default:
		return fmt.Errorf("a cell holds %s, which is neither a number nor a text", data)
	}
	return nil
}
