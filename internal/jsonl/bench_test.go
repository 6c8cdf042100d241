package jsonl

import (
	"bytes"
	"testing"
	"tidings/datasets/datasetstest"

	"tidings"
)

func eachSet(b *testing.B, prepare func(b *testing.B, lines [][]byte) func(i int)) {
	for name, file := range map[string]string{"wikipedia": "wikipedia-current-events.jsonl.gz", "20newsgroups": "20newsgroups-train.jsonl.gz"} {
		b.Run(name, func(b *testing.B) {
			lines := datasetstest.Lines(b, file, 4_000)
			one := prepare(b, lines)
			b.SetBytes(int64(len(bytes.Join(lines, []byte("\n"))) / len(lines)))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				one(i)
				i = (i + 1) % len(lines)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	eachSet(b, func(b *testing.B, lines [][]byte) func(int) {
		var d Decoder
		return func(i int) {
			if _, err := d.Decode(lines[i]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecodeAndCheck(b *testing.B) {
	eachSet(b, func(b *testing.B, lines [][]byte) func(int) {
		var d Decoder
		return func(i int) {
			f, err := d.Decode(lines[i])
			if err == nil {
				err = f.Check()
			}
			if err != nil && i > 0 {
				b.Log(err)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	eachSet(b, func(b *testing.B, lines [][]byte) func(int) {
		docs := make([]tidings.Document, len(lines))
		var d Decoder
		for i, line := range lines {
			f, err := d.Decode(line)
			if err != nil {
				b.Fatal(err)
			}
			if docs[i], err = f.Document(); err != nil {
				b.Fatal(err)
			}
		}
		var buf []byte
		return func(i int) { buf = Append(buf[:0], &docs[i]) }
	})
}
