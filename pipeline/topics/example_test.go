package topics_test

import (
	"fmt"
	"time"

	"tidings/pipeline/topics"
)

// Two partitions observe the same documents; each emits the days it owns.
func ExampleState() {
	daily, err := topics.Parse("tumbling:24h")
	if err != nil {
		fmt.Println(err)
		return
	}
	o := topics.Options{Windows: []topics.Definition{daily}, Popular: .5}
	for partition := range 2 {
		emit := func(w topics.Window) {
			fmt.Printf("partition %d: %s, %d documents\n", partition, w.Start.Format(time.DateOnly), w.Documents)
			for _, s := range w.Shares {
				fmt.Printf("  %-8s %.2f popular: %v\n", s.Label, s.Share, s.Popular)
			}
		}
		s := topics.New(o, partition, 2)
		for i, label := range []string{"sport", "health", "health", "health", "politics"} {
			when := time.Date(2020, 3, 11, 9*i, 0, 0, 0, time.UTC)
			s.Observe(topics.Document{Time: topics.Nanoseconds(when), Label: label}, emit)
		}
		s.EndOfSource("", emit)
	}
	// Output:
	// partition 0: 2020-03-11, 3 documents
	//   health   0.67 popular: true
	//   sport    0.33 popular: false
	// partition 1: 2020-03-12, 2 documents
	//   health   0.50 popular: false
	//   politics 0.50 popular: false
}
