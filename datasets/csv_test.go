package datasets

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCSVLayouts(t *testing.T) {
	tests := map[string]struct {
		content string
		o       Options
		want    string // id|time|label|title|text of each row; # stands for the source's name
	}{
		"AG News": {
			content: "3,Title one,Text one\n\"1\",\"T, two\",\"say \"\"hi\"\"\"\n4,T,\"a\nb\"\n",
			want:    "#:1||Business|Title one|Text one / #:2||World|T, two|say \"hi\" / #:3||Sci/Tech|T|a\nb",
		},
		"AG News with a header": {content: "Class Index,Title,Description\n2,T,x\n", want: "#:1||Sports|T|x"},
		"another layout like it": {
			content: "14,T,x\n1,U,y\n", o: Options{Classes: strings.Split("abcdefghijklmn", "")},
			want: "#:1||n|T|x / #:2||a|U|y",
		},
		"a class beyond those of AG News":  {content: "1,T,x\n5,U,y\n", want: "#:1||World|T|x / !2"},
		"usual names":                      {content: "guid,published,category,headline,body\nu,2020-01-02,c,T,x\n", want: "u|2020-01-02|c|T|x"},
		"other usual names":                {content: "url,date,topic,title,content\nu,2020-01-02,c,T,x\n", want: "u|2020-01-02|c|T|x"},
		"any case, _ for a space":          {content: "ID,TIME,Class_Index,Title,TEXT\nu,2020-01-02,1,T,x\n", want: "u|2020-01-02|World|T|x"},
		"the best of several":              {content: "description,text,url,id\nno,x,no,u\n", want: "u||||x"},
		"a header, numbers kept":           {content: "label,text\n3,x\n", want: "#:1||3||x"},
		"an empty id":                      {content: "id,text\n,x\nu,y\n", want: "#:1||||x / u||||y"},
		"a row that looks like a header":   {content: "1,title,text\n2,T,x\n", want: "#:1||World|title|text / #:2||Sports|T|x"},
		"columns by name":                  {content: "key,what,words\nu,c,x\n", o: Options{Columns: map[string]string{"id": "KEY", "label": "what", "text": "words"}}, want: "u||c||x"},
		"columns by name and usual names":  {content: "id,body,words\nu,T,x\n", o: Options{Columns: map[string]string{"title": "body", "text": "words"}}, want: "u|||T|x"},
		"columns by number":                {content: "a,b,c\nd,e,f\n", o: Options{Columns: map[string]string{"text": "3", "label": "1"}}, want: "#:1||a||c / #:2||d||f"},
		"columns by number below a header": {content: "a,title,c\nd,e,f\n", o: Options{Columns: map[string]string{"text": "3"}}, want: "#:1|||e|f"},
		"spaces around":                    {content: "id,time,label,text\n u , 2020-01-02 , c , x \n", want: "u|2020-01-02|c|| x "},
		"bad time":                         {content: "id,time,text\nu,yesterday,x\n", want: "!2"},
		"too many and too few columns":     {content: "id,label,text\n1,a,x,y\n2,a\n3,a,z\n4\n", want: "!2 / !3 / 3||a||z / !5"},
		"nothing to read":                  {content: "id,title,text\n1,,\n2, ,x\n", want: "!2 / 2||| |x"},
		"a quote inside a field":           {content: "id,text\n1,5\" disk\n2,x\n", want: "1||||5\" disk / 2||||x"},
		"text behind a quote":              {content: "id,text\n1,\"x\" y\n2,x\n", want: "!2 / 2||||x"},
		"a quote that never closes":        {content: "id,text\n1,\"x\n2,y\n3,z\n", want: "!2 / 2||||y / 3||||z"},
		"a quote closed by the next":       {content: "id,text\n1,\"x\n2,\"y\"\n3,z\n", want: "!2 / 2||||y / 3||||z"},
		"broken rows at the beginning":     {content: "\"1\"x,T,x\n2,T,x\n", want: "!1 / #:2||Sports|T|x"},
		"lines end in CRLF":                {content: "id,text\r\n1,\"a\r\nb\"\r\n2,y\r\n", want: "1||||a\nb / 2||||y"},
		"Latin-1":                          {content: "id,text\n1,caf\xe9\n2,x\n", want: "!2 / 2||||x"},
		"tabs":                             {content: "id\ttext\n1\ta, \"b\"\n", want: "1||||a, \"b\""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.o.Format = "csv"
			source, rows := mustRead(t, write(t, "news.csv", tt.content), tt.o)
			var got []string
			for _, row := range rows {
				d := row.Document
				when := ""
				if !d.Time.IsZero() {
					when = d.Time.Format("2006-01-02")
				}
				if row.Err != nil {
					got = append(got, fmt.Sprintf("!%d", row.Line))
				} else {
					got = append(got, strings.Join([]string{strings.ReplaceAll(d.ID, source.Name, "#"), when, d.Label, d.Title, d.Text}, "|"))
				}
			}
			if s := strings.Join(got, " / "); s != tt.want {
				t.Errorf("got  %q\nwant %q", s, tt.want)
			}
		})
	}
}

func TestLinesOfACSVAreCountedThroughBadRows(t *testing.T) {
	content := "id,text\n" + // 1
		"a,x\n" + // 2
		"b,\"two\nlines\"\n" + // 3
		"\n" + // 5
		"c,\"open\n" + // 6
		"d,x\n" + // 7
		"e,\"three\n\nlines\"\n" + // 8, closes the quote of 6 with text behind it
		"f," + strings.Repeat("x", LineBytesMax) + "\n" + // 11
		"g,\"open too\n" + // 12
		"h," + strings.Repeat("x", LineBytesMax) + "\n" + // 13
		"i,x\n" // 14
	_, rows := mustRead(t, write(t, "a.csv", content), Options{})
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%d:%s", row.Line, row.Document.ID))
	}
	want := "2:a 3:b 6: 7:d 8:e 11: 12: 13: 14:i"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

func TestARowOfCSVIsLimited(t *testing.T) {
	line := strings.Repeat("x", 1<<10) + "\n"
	content := "id,text\n1,\"" + strings.Repeat(line, 3*LineBytesMax>>10) + "\n2,x\n"
	_, rows := mustRead(t, write(t, "a.csv", content), Options{})
	good := 0
	for _, row := range rows {
		if row.Err == nil {
			good++
		}
	}
	if first := rows[0].Err; first == nil || !strings.Contains(first.Error(), "limit of 8 MiB") {
		t.Errorf("the open row says %v", first)
	}
	if last := rows[len(rows)-1]; good != 1 || last.Document.ID != "2" {
		t.Errorf("%d good rows, the last is %+v", good, last)
	}
	_, rows = mustRead(t, write(t, "a.csv", "id,text\n1,x"+strings.Repeat(",", ColumnsMax)+"\n2,x\n"), Options{})
	if got := texts(rows); got != "!bad_row 2=x" {
		t.Error(got)
	}
}

// TestTheCorpusOfLenta reads the layout of the corpus of lenta.ru, whose texts
// have line breaks in them.
func TestTheCorpusOfLenta(t *testing.T) {
	path := write(t, "lenta-ru-news.csv", "url,title,text,topic,tags,date\n"+
		"https://lenta.ru/news/1914/09/16/hungarnn/,\"1914. Русские войска вступили в пределы Венгрии\",\"Бои у Сопоцкина и Друскеник закончились.\n\nГермания объявила \"\"войну\"\".\",Библиотека,Первая мировая,1914/09/16\n"+
		"https://lenta.ru/news/2019/12/31/a/,Title,Text,Россия,Все,2019-12-31 23:59:00\n"+
		"https://lenta.ru/news/2019/12/31/b/,Title,Text,,,2019-12-31T23:59:00+03:00\n"+
		"https://lenta.ru/news/2019/12/31/c/,Title,Text,Мир,Все\n"+
		"https://lenta.ru/news/2019/12/31/d/,Title,Text,Мир,Все,Все,2019/12/31\n"+
		"https://lenta.ru/news/2019/12/31/e/,Title,Text,Мир,Все,31.12.2019\n")
	_, rows := mustRead(t, path, Options{})
	var got []string
	for _, row := range rows {
		if row.Err != nil {
			got = append(got, row.Err.Error())
			continue
		}
		d := row.Document
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%d", d.ID, d.Label, d.Title, d.Time.Format(time.RFC3339), len(d.Text)))
	}
	want := []string{
		"https://lenta.ru/news/1914/09/16/hungarnn/|Библиотека|1914. Русские войска вступили в пределы Венгрии|1914-09-16T00:00:00Z|123",
		"https://lenta.ru/news/2019/12/31/a/|Россия|Title|2019-12-31T20:59:00Z|4",
		"https://lenta.ru/news/2019/12/31/b/||Title|2019-12-31T20:59:00Z|4",
		path + ":7: the row has 5 columns where 6 were expected; the row is left out",
		path + ":8: the row has 7 columns where 6 were expected; the row is left out",
		path + `:9: the time "31.12.2019" is neither RFC 3339, like 2006-01-02T15:04:05Z, nor a date, like 2006-01-02; the row is left out`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Times in tables: with a zone, without one, which is then UTC, and dates.
func TestTimesOfTables(t *testing.T) {
	for text, want := range map[string]string{
		"2019-12-31": "2019-12-31T00:00:00Z", "2019/12/31": "2019-12-31T00:00:00Z", "2019-12-31 10:11": "2019-12-31T10:11:00Z", "2019-12-31 10:11:12": "2019-12-31T10:11:12Z",
		"2019-12-31 10:11:12+02:00": "2019-12-31T08:11:12Z", "2019-12-31T10:11:12": "2019-12-31T10:11:12Z", "2019/12/31 10:11:12": "2019-12-31T10:11:12Z",
		"0800/01/01": "", "12/31/2019": "", "soon": "",
	} {
		got, err := csvTime(text, time.UTC)
		if (err == nil) != (want != "") || err == nil && got.Format(time.RFC3339) != want {
			t.Errorf("%q is %v, %v; want %s", text, got, err, want)
		}
	}
}
