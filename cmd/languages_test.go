package cmd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newsIn are phrases of three topics in three languages; documents are made of
// them.
var newsIn = map[string]map[string][]string{
	"russian": {
		"спорт":     {"футболисты забили гол в последней минуте", "команда выиграла матч чемпионата", "тренер хвалил игроков после победы", "болельщики встретили чемпионов на стадионе"},
		"экономика": {"центральный банк повысил процентную ставку", "инфляция в стране снижается второй месяц", "акции банков выросли на бирже", "правительство обсуждает налоги для компаний"},
		"погода":    {"синоптики обещают сильный дождь и ветер", "в городах ожидаются морозы до минус двадцати", "снегопад остановил движение на дорогах", "после ливней реки вышли из берегов"},
	},
	"german": {
		"Sport":      {"die Fußballer schossen das Tor in der letzten Minute", "die Mannschaft gewann das Spiel der Meisterschaft", "der Trainer lobte seine Spieler nach dem Sieg", "die Zuschauer feierten die Meister im Stadion"},
		"Wirtschaft": {"die Zentralbank erhöht den Zinssatz um einen halben Punkt", "die Inflation im Land sinkt den zweiten Monat", "Aktien der Banken steigen an der Börse", "die Regierung spricht über Steuern für Unternehmen"},
		"Wetter":     {"die Meteorologen erwarten starken Regen und Wind", "in den Städten wird Frost bis minus zwanzig Grad erwartet", "Schneefälle behindern den Verkehr auf den Straßen", "nach den Gewittern traten die Flüsse über die Ufer"},
	},
	"chinese": {
		"体育": {"球员在最后一分钟进球", "球队赢得了冠军比赛", "教练赛后表扬了球员", "球迷在体育场迎接冠军"},
		"经济": {"中央银行提高了利率", "通货膨胀连续两个月下降", "银行股票在交易所上涨", "政府讨论企业税收"},
		"天气": {"气象台预报大雨和强风", "城市气温将降至零下二十度", "大雪影响道路交通", "暴雨之后河水上涨"},
	},
}

// writeNews writes documents of a language, the same for the same seed.
func writeNews(t *testing.T, language, path string, n int) {
	t.Helper()
	const seed = 11
	t.Logf("%s, seed %d", language, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	stop := map[string]string{"russian": ". ", "german": ". ", "chinese": "。"}[language]
	var labels []string
	for label := range newsIn[language] {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	var out bytes.Buffer
	for i := range n {
		label := labels[random.IntN(len(labels))]
		phrases := newsIn[language][label]
		text := phrases[random.IntN(len(phrases))] + stop + phrases[random.IntN(len(phrases))] + stop
		line, err := json.Marshal(map[string]string{"id": fmt.Sprint(i), "label": label, "title": phrases[random.IntN(len(phrases))], "text": text})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Properties, of Russian, German and Chinese news: they go through classify and
// are told apart; stems, stop words and pairs of characters are what a reader of
// the language expects.
func TestNewsInOtherLanguagesGoThrough(t *testing.T) {
	tests := map[string]struct {
		ask          string
		told         string
		terms, never []string // of ask
	}{
		"russian": {"Команды выиграли матчи, а болельщики праздновали победы", "russian", []string{"команд", "матч", "болельщик", "побед"}, []string{"а", "матчи"}},
		"german":  {"Die Mannschaften gewannen die Spiele, und die Zuschauer feierten in den Stadien", "german", []string{"mannschaft", "spiel", "zuschau"}, []string{"die", "und", "spiele"}},
		"chinese": {"球队赢得了比赛", "", []string{"球队", "赢得", "比赛"}, []string{"球", "赢"}},
	}
	for language, test := range tests {
		t.Run(language, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), language+".jsonl")
			writeNews(t, language, path, 300)
			options := []string{"--from", path, "--stem", "auto", "--stop-words", "auto"}
			out, err := exec.Command("classify", append(options, "--json", "--summary", "-")...).Output()
			if err != nil {
				t.Fatal(err)
			}
			var summary struct {
				Documents uint64
				Rejected  uint64
				Accuracy  float64
				Text      []string
			}
			if err := json.Unmarshal(out, &summary); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if summary.Documents != 300 || summary.Accuracy < 0.85 || !slices.Equal(summary.Text, []string{"stem auto", "stop-words auto"}) {
				t.Errorf("%+v", summary)
			}
			args := append([]string{"explain-text", "--json"}, append(options, test.ask)...)
			if out, err = exec.Command("classify", args...).Output(); err != nil {
				t.Fatal(err)
			}
			checkExplanation(t, out, test.told, test.terms, test.never, newsIn[language])
		})
	}
}

func checkExplanation(t *testing.T, out []byte, told string, terms, never []string, labels map[string][]string) {
	t.Helper()
	var x struct {
		Language string
		Label    string
		Terms    []struct {
			Term string
			Adds map[string]float64
		}
	}
	if err := json.Unmarshal(out, &x); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	for _, term := range x.Terms {
		got = append(got, term.Term)
		for label := range term.Adds {
			if labels[label] == nil {
				t.Errorf("%q speaks for %q, which no document has", term.Term, label)
			}
		}
	}
	if x.Language != told {
		t.Errorf("the language is told to be %q, want %q", x.Language, told)
	}
	for _, term := range terms {
		if !slices.Contains(got, term) {
			t.Errorf("the terms %s lack %q", strings.Join(got, " "), term)
		}
	}
	for _, term := range never {
		if slices.Contains(got, term) {
			t.Errorf("the terms %s have %q", strings.Join(got, " "), term)
		}
	}
	if !slices.Contains([]string{"спорт", "Sport", "体育"}, x.Label) {
		t.Errorf("a text of sport is labelled %q", x.Label)
	}
}
