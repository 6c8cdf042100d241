package wikitext

import (
	"io"
	"strings"
	"testing"
	"time"
)

// FuzzReader reads anything as a page: nothing panics, every item is a good
// document or refused with a reason, and reading again gives the same.
func FuzzReader(f *testing.F) {
	f.Add(day2024)
	f.Add(day2010)
	for _, piece := range hostile {
		f.Add("*A " + piece + " b" + piece + "\n*c")
	}
	f.Fuzz(func(t *testing.T, page string) {
		all, refused, err := read(t, page, time.Unix(0, 0))
		if err != io.EOF && (len(page) <= PageBytesMax && len(all)+len(refused) < ItemsMax) {
			t.Fatal(err)
		}
		last := uint64(0)
		for _, item := range all {
			if item.line < last || item.line > uint64(strings.Count(page, "\n"))+1 {
				t.Fatalf("%+v after line %d", item, last)
			}
			last = item.line
		}
		again, _, _ := read(t, page, time.Unix(0, 0))
		if len(again) != len(all) {
			t.Fatalf("%d items, then %d", len(all), len(again))
		}
		for i := range all {
			if all[i] != again[i] {
				t.Fatalf("%+v, then %+v", all[i], again[i])
			}
		}
		Looks([]byte(page))
		DayOf(page)
		NewReader(strings.NewReader(page), time.Time{}).Next()
	})
}

func BenchmarkReader(b *testing.B) {
	page := day2024[:strings.Index(day2024, "'''Sports'''")]
	page += strings.Repeat(day2024[strings.Index(day2024, "'''Armed"):strings.Index(day2024, "'''Sports'''")], 20)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	items := 0
	for b.Loop() {
		r := NewReader(strings.NewReader(page), time.Time{})
		for {
			if _, _, err := r.Next(); err == io.EOF {
				break
			}
			items++
		}
	}
	b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "documents/s")
}
