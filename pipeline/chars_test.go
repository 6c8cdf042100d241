package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"tidings/features"
	"tidings/internal/broker"
)

// Properties: a log message full of words that nobody ever saw, of letters that
// take one byte to four, still fits into a record of terms with character
// n-grams of any length; and what is read again makes the same vectors.
func TestCharacterNGramsFitIntoARecord(t *testing.T) {
	const seed = 1
	for _, letters := range []struct {
		name  string
		first rune
		n     int
	}{{"one byte", 'a', 26}, {"two bytes", 'а', 32}, {"three bytes", 'Ꭰ', 60}, {"four bytes", '𐐨', 40}} {
		for _, chars := range []int{4, features.CharNGramsMax} {
			t.Run(fmt.Sprint(letters.name, " ", chars), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 1))
				var data bytes.Buffer
				for i := range MessageLinesMax {
					var title bytes.Buffer
					for title.Len() < MessageTextMax/MessageLinesMax-40 {
						for range chars + 4 {
							title.WriteRune(letters.first + rune(r.IntN(letters.n)))
						}
						title.WriteByte(' ')
					}
					line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "title": title.String()})
					if err != nil {
						t.Fatal(err)
					}
					data.Write(append(line, '\n'))
				}
				o := features.Options{CharNGrams: chars}
				var u Unit
				u.AddLog(broker.Record{Sequence: 5, Subject: "p.log." + ArticleRecord + ".s", Data: data.Bytes()})
				if err := NewTokenize(o, func(uint64) bool { return true }).Step(&u); err != nil {
					t.Fatal(err)
				}
				u.room(1)
				var c codec
				record, err := c.encode(&u, []byte{tokensSection}, 0, func(uint64) bool { return true })
				if err != nil || len(record) > broker.RecordBytesMax*15/16 {
					t.Fatalf("seed %d: a record of %d bytes from a message of %d (%v)", seed, len(record), data.Len(), err)
				}
				t.Logf("%d bytes of log make a record of %d, %d entries", data.Len(), len(record), len(u.Entries))
				again := Unit{From: 5, To: 5}
				if err := c.decode(&again, bytes.Clone(record), 0); err != nil || len(again.Entries) != len(u.Entries) {
					t.Fatalf("seed %d: %d of %d entries are read again (%v)", seed, len(again.Entries), len(u.Entries), err)
				}
			})
		}
	}
}
