package eval_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tidings/model"
)

// line writes a document of the test's own.
func line(t *testing.T, id, label, title, text string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]string{"id": id, "label": label, "title": title, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// scripts are texts in Russian, in several scripts at once, and at the edges of
// what a word is.
func scripts(t *testing.T) (all [][]byte) {
	long := strings.Repeat("ж", 40)
	for i, d := range [][3]string{
		{"ru", "Москва", "Привет, мир! Сегодня в Москве прошла встреча министров; ПРИВЕТ ещё раз, мир."},
		{"ru", "Погода в Москве", "Во вторник, 3 марта, — дождь, ветер 5,5 м/с. Ёлка, объём, «кавычки», по-русски."},
		{"mixed", "İstanbul Straße", "Über die Straße nach 東京都 und العربية, हिन्दी, ไทย, 한국어 カタカナ, STRASSE ẞ K Å."},
		{"mixed", "Москва Moscow", "Moсква with a latin M, сat with a Cyrillic с, naïve café cafe\u0301 A\u030A e\u200dmail 👩‍👩‍👧 x² ½ Ⅻ ① ٣ १२"},
		{"edge", "I", "can't CAN'T 3.14 1,000,000 a.b.c a_b __ _ _x x_ :a: a:b 'quoted' .\uff9e ^caret #tag @user 1e-5 U.S.A."},
		{"edge", long, long + "я " + long + "ю x" + long + "y " + strings.Repeat("a", 65) + " " + strings.Repeat("a", 63) + "éb " + strings.Repeat("_", 63) + "\u0301_é"},
		{"edge", "", "אב\"ג ד'ה \u202eabc\u202c a\u00adb zero\u200bwidth\ufeffno \u0000 tab\tnew\r\nline \ufffd"},
		{"edge", "...", "!!! --- ???"},
	} {
		all = append(all, line(t, fmt.Sprintf("s%d", i), d[0], d[1], d[2]))
	}
	return all
}

// jumble makes texts of pieces that meet where word rules are intricate.
func jumble(t *testing.T, seed uint64, n int) (all [][]byte) {
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := strings.Split("a|B|z9|7|42|é|Ж|ё|ß|İ|א|ב|ア|ー|漢|字|ไ|한|\u0301|\u200d|\u00ad|\ufe0f|\uff9e|👍|🇩|🇪|½|Ⅷ|٣|.|'|\"|:|,|;|_|-|^|/|’|·|\u2024|\ufe52| | |\n|\r|\t|\u00a0", "|")
	for i := range n {
		var text strings.Builder
		for range 1 + random.IntN(40) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		whole := text.String()
		cut := strings.IndexByte(whole+" ", ' ')
		all = append(all, line(t, fmt.Sprintf("j%d", i), []string{"", "x", "y", "z"}[random.IntN(4)], whole[:cut], whole[cut:]))
	}
	return all
}

// contradictions give few words one label after the other, at random.
func contradictions(t *testing.T, seed uint64, n int) (all [][]byte) {
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		var text strings.Builder
		for range 1 + random.IntN(40) {
			fmt.Fprintf(&text, "word%d ", random.IntN(60))
		}
		all = append(all, line(t, fmt.Sprint(i), string(rune('a'+random.IntN(5))), "", text.String()))
	}
	return all
}

func ties(t *testing.T) [][]byte {
	return [][]byte{
		line(t, "1", "west", "", "sunset"), line(t, "2", "east", "", "sunrise"),
		line(t, "3", "", "", "noon"), line(t, "4", "", "", "sunset"), line(t, "5", "", "", "!"),
		line(t, "6", "north", "", "!"), line(t, "7", "", "", "noon"), line(t, "8", "", "", "sunset sunrise"),
	}
}

// checkTies: labels that nothing speaks for tie, and the first by name wins.
func checkTies(t *testing.T, n *naive) {
	want := []string{" 0", "west 1", "east 0.5", "west", "east 0.5", "east 0.5", "east 0.33333", ""}
	for i, d := range n.documents {
		if got := fmt.Sprintf("%s %.5g", d.label, d.probability); !strings.HasPrefix(got, want[i]) {
			t.Errorf("document %s: %q, want %q", d.id, got, want[i])
		}
	}
}

// manyLabels has each label once, on words that no other has, then labels
// beyond the limit. Of known labels come then those that the model is ever
// surer of and, when it is sure, wrong ones.
func manyLabels(t *testing.T) (all [][]byte) {
	label := func(i int) string { return fmt.Sprintf("label %d", i*2654435761%10007) }
	for i := range model.LabelsMax + 20 {
		all = append(all, line(t, fmt.Sprint(i), label(i), "", fmt.Sprintf("word%d", i)))
	}
	for i := range 120 {
		all = append(all, line(t, fmt.Sprint("right ", i), label(i%10), "", fmt.Sprintf("word%d", i%10)))
	}
	for i := range 20 {
		all = append(all, line(t, fmt.Sprint("wrong ", i), label(4000+i), "", fmt.Sprintf("word%d word%d word%d", i%10, i%10, 4086+i)))
	}
	return all
}

func refused(t *testing.T) (all [][]byte) {
	for _, s := range []string{
		`{"id":"0","time":"1969-12-30T18:00:00Z","text":"before 1970"}`,
		`{"id":"1","time":"2020-03-01T10:00:00Z","label":"a","text":"first"}`,
		`{"id":"2","label":"a"`, `[]`, `{"label":"a","text":"no id"}`, `{"id":"3","title":" ","text":"\n"}`,
		`{"id":"4","time":"yesterday","text":"bad time"}`, `{"id":"5","text":7}`, "{\"id\":\"6\",\"text\":\"\xff\"}",
		`{"id":"7","text":"x","label":"` + strings.Repeat("long", 65) + `"}`,
		`{"id":8,"time":"2020-03-02","label":2020,"text":"first again \ud800 \u0416"}`,
		`{"id":"9","text":"untimed first","labels":["b","c"],"label":null}`,
		`{"id":"10","time":"2020-03-01T23:59:59.999999999Z","text":"late","text":"twice first"}`,
		`{"id":"11","time":"2020-03-01T23:30:00-05:00","ID":"x","TEXT":"y","text":"second of March in UTC"}`,
		`{"id":"12","time":"1969-12-31","text":"late by far"}`,
	} {
		all = append(all, []byte(s))
	}
	return all
}

func checkRefused(t *testing.T, n *naive) {
	if late, untimed := count(n, func(d naiveDocument) bool { return d.late }), count(n, func(d naiveDocument) bool { return d.untimed }); n.refused != 8 || len(n.documents) != 7 || late != 2 || untimed != 1 {
		t.Errorf("%d refused, %d accepted, %d late, %d untimed", n.refused, len(n.documents), late, untimed)
	}
}
