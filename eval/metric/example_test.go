package metric_test

import (
	"fmt"

	"tidings/eval/metric"
)

func ExampleConfusion() {
	var c metric.Confusion
	c.Add("health", "") // no label was known yet
	c.Add("health", "health")
	c.Add("sport", "health")
	c.Add("sport", "sport")
	fmt.Printf("%d of %d right, accuracy %.3f, macro F1 %.3f\n", c.Right(), c.Documents(), c.Accuracy(), c.MacroF1())
	for _, s := range c.PerLabel() {
		fmt.Printf("%-6s precision %.2f recall %.2f F1 %.2f of %d\n", s.Label, s.Precision, s.Recall, s.F1, s.Support)
	}
	// Output:
	// 2 of 4 right, accuracy 0.500, macro F1 0.583
	// health precision 0.50 recall 0.50 F1 0.50 of 2
	// sport  precision 1.00 recall 0.50 F1 0.67 of 2
}
