package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// serveLive runs a live input until the test ends, or stop is called, and
// wants it to end without an error.
func serveLive(tb testing.TB, b *broker.Broker, o ingest.LiveOptions) (l *ingest.Live, stop func()) {
	tb.Helper()
	l, err := ingest.OpenLive(brokertest.Context(tb), b, o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				tb.Errorf("the live input ends with %v", err)
			}
		case <-time.After(brokertest.Patience):
			tb.Error("the live input does not end")
		}
	})
	tb.Cleanup(stop)
	return l, stop
}

// dial is a client of its own: nothing but a NATS connection.
func dial(tb testing.TB, url string, o ...nats.Option) *nats.Conn {
	tb.Helper()
	nc, err := nats.Connect(url, append(o, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(nc.Close)
	return nc
}

// askTimeout is when a client that insists thinks that its answer is lost.
const askTimeout = 2 * time.Second

// ask sends documents and returns an answer for each.
func ask(nc *nats.Conn, timeout time.Duration, subject string, lines ...string) ([]ingest.Answer, error) {
	m, err := nc.Request(subject, []byte(strings.Join(lines, "\n")), timeout)
	if err != nil {
		return nil, err
	}
	return parse(m.Data)
}

func parse(data []byte) (answers []ingest.Answer, err error) {
	for line := range bytes.SplitSeq(bytes.TrimSpace(data), []byte{'\n'}) {
		var a ingest.Answer
		if err := json.Unmarshal(line, &a); err != nil {
			return nil, fmt.Errorf("%w in the answer %q", err, data)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// asked is ask that has to work.
func asked(tb testing.TB, nc *nats.Conn, subject string, lines ...string) []ingest.Answer {
	tb.Helper()
	answers, err := ask(nc, brokertest.Patience, subject, lines...)
	if err != nil {
		tb.Fatal(err)
	}
	return answers
}

// standing are the documents that came in live: by position their ids, as they
// stand in the log.
func standing(tb testing.TB, b *broker.Broker, name pipeline.Name) map[string]string {
	tb.Helper()
	at := map[string]string{}
	for _, r := range brokertest.Records(tb, b, name.LogStream().Name) {
		if r.Subject != name.LogSubject(pipeline.ArticleRecord, ingest.LiveSource) {
			continue
		}
		lines := bytes.Split(r.Data, []byte{'\n'})
		if len(lines) > pipeline.MessageLinesMax {
			tb.Errorf("record %d has %d lines", r.Sequence, len(lines))
		}
		for i, line := range lines {
			var d struct{ ID string }
			if err := json.Unmarshal(line, &d); err != nil {
				tb.Fatal(err)
			}
			at[tidings.Position{Sequence: r.Sequence, Line: uint32(i)}.String()] = d.ID
		}
	}
	return at
}

// ledger is what clients were told: the position of each document.
type ledger struct {
	mu sync.Mutex
	at map[string]string
}

func newLedger() *ledger { return &ledger{at: map[string]string{}} }

// note wants an id to have one position for ever.
func (l *ledger) note(id, position string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.at[id]; ok && before != position {
		return fmt.Errorf("%s is at %s, before it was at %s", id, position, before)
	}
	l.at[id] = position
	return nil
}

// check wants each document that a client was told of to stand where it was
// told, and no document in the log twice or unknown to all clients.
func (l *ledger) check(tb testing.TB, b *broker.Broker, name pipeline.Name) {
	tb.Helper()
	stands := standing(tb, b, name)
	if len(stands) != len(l.at) {
		tb.Errorf("%d documents are in the log, clients know of %d", len(stands), len(l.at))
	}
	for id, position := range l.at {
		if stands[position] != id {
			tb.Errorf("%s was answered to be at %s, where %q stands", id, position, stands[position])
		}
	}
}

func line(id, text string) string { return fmt.Sprintf(`{"id":%q,"text":%q}`, id, text) }

// Properties, of each thing that a client can publish:
//   - it is answered: what may enter with its position, what may not with the
//     reason, and where several documents came each by its line;
//   - what is refused is not in the log, and the documents beside it are.
func TestLiveDocumentsAreAcceptedOrRefused(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "live-table", Clock: clock{now: noon}}
	live, _ := serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	subject := ingest.LiveSubject(o.Pipeline)
	asked(t, nc, subject, line("first", "text"))
	good := func(id string) ingest.Answer { return ingest.Answer{ID: id, Status: ingest.Accepted} }
	bad := func(id string, r tidings.Reason) ingest.Answer {
		return ingest.Answer{ID: id, Status: ingest.Refused, Reason: r}
	}
	long := strings.Repeat("x", tidings.TextBytesMax+1)
	tests := map[string]struct {
		data string
		want []ingest.Answer
		says string // of the last answer
	}{
		"good":               {data: line("a", "text"), want: []ingest.Answer{good("a")}},
		"a number as id":     {data: `{"id":17,"text":"x"}`, want: []ingest.Answer{good("17")}},
		"with a newline":     {data: line("b", "text") + "\r\n", want: []ingest.Answer{good("b")}},
		"all of it":          {data: `{"id":"c","time":"2026-11-20","label":"l","labels":["l","m"],"title":"t","text":"x","source":"s"}`, want: []ingest.Answer{good("c")}},
		"at the time limit":  {data: `{"id":"d","text":"x","time":"2026-11-22T12:00:00Z"}`, want: []ingest.Answer{good("d")}},
		"in the future":      {data: `{"id":"e","text":"x","time":"2026-11-22T12:00:01Z"}`, want: []ingest.Answer{bad("e", tidings.ReasonFutureTime)}, says: "live-table.in: its time"},
		"empty":              {data: "", want: []ingest.Answer{bad("", tidings.ReasonNotJSON)}, says: "live-table.in: the line is empty"},
		"blank":              {data: " \n\t\n ", want: []ingest.Answer{bad("", tidings.ReasonNotJSON)}},
		"a word":             {data: "hello", want: []ingest.Answer{bad("", tidings.ReasonNotJSON)}},
		"cut off":            {data: `{"id":"f","te`, want: []ingest.Answer{bad("", tidings.ReasonNotJSON)}},
		"an array":           {data: `[{"id":"f","text":"x"}]`, want: []ingest.Answer{bad("", tidings.ReasonNotJSON)}},
		"binary":             {data: "\x00\xff\xfe\x01\n\x00", want: []ingest.Answer{bad("", tidings.ReasonNotUTF8), bad("", tidings.ReasonNotJSON)}},
		"Latin-1":            {data: "{\"id\":\"g\",\"text\":\"caf\xe9\"}", want: []ingest.Answer{bad("", tidings.ReasonNotUTF8)}},
		"no id":              {data: `{"text":"x"}`, want: []ingest.Answer{bad("", tidings.ReasonNoID)}},
		"no text":            {data: `{"id":"h"}`, want: []ingest.Answer{bad("h", tidings.ReasonNoText)}, says: "live-table.in: title and text are empty; the document is left out"},
		"too long a text":    {data: line("i", long), want: []ingest.Answer{bad("i", tidings.ReasonTextTooLong)}},
		"the longest text":   {data: line("j", long[1:]), want: []ingest.Answer{good("j")}},
		"too long an id":     {data: line(strings.Repeat("i", tidings.IDBytesMax+1), "x"), want: []ingest.Answer{bad("", tidings.ReasonIDTooLong)}},
		"no time":            {data: `{"id":"k","text":"x","time":"yesterday"}`, want: []ingest.Answer{bad("k", tidings.ReasonBadTime)}},
		"twice":              {data: line("first", "text"), want: []ingest.Answer{{ID: "first", Status: ingest.Accepted, Duplicate: true}}},
		"written otherwise":  {data: `{"text":"te\u0078t", "id":"first"}`, want: []ingest.Answer{{ID: "first", Status: ingest.Accepted, Duplicate: true}}},
		"another document":   {data: line("first", "other"), want: []ingest.Answer{bad("first", tidings.ReasonDuplicateID)}, says: `live-table.in: another document has the id "first", at 1/0`},
		"several":            {data: line("l", "1") + "\n\n" + line("m", "2") + "\r\n" + line("n", "") + "\n" + line("l", "1") + "\n" + line("m", "3"), want: []ingest.Answer{{Line: 1, ID: "l", Status: ingest.Accepted}, {Line: 3, ID: "m", Status: ingest.Accepted}, {Line: 4, ID: "n", Status: ingest.Refused, Reason: tidings.ReasonNoText}, {Line: 5, ID: "l", Status: ingest.Accepted, Duplicate: true}, {Line: 6, ID: "m", Status: ingest.Refused, Reason: tidings.ReasonDuplicateID}}},
		"too many":           {data: strings.Repeat(line("o", "x")+"\n", pipeline.MessageLinesMax+1), want: []ingest.Answer{bad("", pipeline.ReasonMessageTooBig)}, says: "257 lines, the limit is 256; nothing of it was taken"},
		"in a bad place too": {data: "{}\n" + line("p", "x"), want: []ingest.Answer{{Line: 1, Status: ingest.Refused, Reason: tidings.ReasonNoID}, {Line: 2, ID: "p", Status: ingest.Accepted}}},
	}
	told := newLedger()
	told.at["first"] = "1/0"
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answers := asked(t, nc, subject, test.data)
			if len(answers) != len(test.want) {
				t.Fatalf("%d answers, want %d: %+v", len(answers), len(test.want), answers)
			}
			for i, a := range answers {
				if a.Status == ingest.Accepted {
					if err := told.note(a.ID, a.Position); err != nil {
						t.Error(err)
					}
				} else if a.Detail == "" {
					t.Errorf("answer %d does not say why: %+v", i, a)
				}
				w := test.want[i]
				if len(test.want) > 1 && w.Line == 0 {
					w.Line = i + 1
				}
				a.Position, a.Detail = "", ""
				if a != w {
					t.Errorf("answer %d is %+v, want %+v", i, a, w)
				}
			}
			if last := answers[len(answers)-1].Detail; !strings.Contains(last, test.says) {
				t.Errorf("it says %q, not %q", last, test.says)
			}
		})
	}
	told.check(t, s.Broker, o.Pipeline)
	if c := live.Counts(); c.Documents != uint64(len(told.at)) || c.Lost+c.Busy > 0 || c.Duplicates < 3 || c.Rejected < 15 {
		t.Errorf("counted as %+v", c)
	}
}

// Properties, of what is published by somebody who does not wait for an
// answer:
//   - what may enter does; what may not is in the log as a reject with its
//     reason.
func TestWhatIsPublishedWithoutAQuestionEntersToo(t *testing.T) {
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "mute", Clock: clock{now: noon}}
	live, _ := serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	for _, data := range []string{line("a", "x"), "what?", line("b", "x") + "\n{}\n" + line("c", "x") + "\n" + line("a", "other"), line("a", "x")} {
		if err := nc.Publish(ingest.LiveSubject(o.Pipeline), []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	asked(t, nc, ingest.LiveSubject(o.Pipeline), line("last", "x"))
	asked(t, nc, ingest.LiveSubject(o.Pipeline), line("last", "x")) // rejects stand behind the batch that they were in
	var got []string
	for _, r := range brokertest.Records(t, s.Broker, o.Pipeline.LogStream().Name) {
		if r.Subject == o.Pipeline.LogSubject(pipeline.RejectRecord, ingest.LiveSource) {
			var reject pipeline.Reject
			if err := json.Unmarshal(r.Data, &reject); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s", reject.Reason, strings.SplitN(reject.Detail, ":", 2)[0]))
		}
	}
	if want := []string{"not_json mute.in", "no_id mute.in line 2", "duplicate_id mute.in line 4"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rejects %q, want %q", got, want)
	}
	ids := map[string]bool{}
	for _, id := range standing(t, s.Broker, o.Pipeline) {
		ids[id] = true
	}
	if len(ids) != 4 || !ids["a"] || !ids["b"] || !ids["c"] {
		t.Errorf("in the log are %v", ids)
	}
	if c := live.Counts(); c.Documents != 4 || c.Duplicates != 2 || c.Rejected != 3 || c.Lost != 0 {
		t.Errorf("counted as %+v", c)
	}
}

// insist sends a document, alone or with others, until it is accepted.
func insist(ctx context.Context, nc *nats.Conn, subject string, told *ledger, lines ...string) error {
	for {
		answers, err := ask(nc, askTimeout, subject, lines...)
		if ctx.Err() != nil {
			return fmt.Errorf("%w; the last try ended with %v, %v", ctx.Err(), answers, err)
		}
		if err != nil {
			if errors.Is(err, nats.ErrConnectionClosed) {
				return err
			}
			continue // nobody serves, or the answer was lost
		}
		again := false
		for _, a := range answers {
			switch a.Status {
			case ingest.Accepted:
				if err := told.note(a.ID, a.Position); err != nil {
					return err
				}
			case ingest.Refused:
				return fmt.Errorf("refused: %+v", a)
			default:
				again = true
			}
		}
		if !again {
			return nil
		}
	}
}

// crowd has clients send documents, most of them alone, all of them insisting;
// a few documents are sent by several clients.
func crowd(tb testing.TB, urls []string, name pipeline.Name, clients, each int, random *rand.Rand) (told *ledger, wait func()) {
	tb.Helper()
	ctx := brokertest.Context(tb)
	told = newLedger()
	var sending sync.WaitGroup
	seeds := make([]uint64, clients) // before anybody sends: others use the source of chance then
	for c := range seeds {
		seeds[c] = random.Uint64()
	}
	for c, seed := range seeds {
		nc := dial(tb, urls[c%len(urls)])
		sending.Go(func() {
			random := rand.New(rand.NewPCG(seed, 0))
			for i := 0; i < each; {
				var lines []string
				for range 1 + random.IntN(4)*random.IntN(4) {
					id := fmt.Sprintf("%d-%d", c, i)
					if random.IntN(10) == 0 {
						id = fmt.Sprintf("shared-%d", random.IntN(each))
					}
					lines = append(lines, line(id, "text of "+id))
					i++
				}
				if err := insist(ctx, nc, ingest.LiveSubject(name), told, lines...); err != nil {
					tb.Errorf("client %d: %v", c, err)
					return
				}
			}
		})
	}
	return told, sending.Wait
}

// Properties, of many clients at a time:
//   - each document is in the log once, where its clients were told, also one
//     that several sent;
//   - documents of several clients share records.
func TestManyClients(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "crowd"}
	live, stop := serveLive(t, s.Broker, o)
	told, wait := crowd(t, []string{s.URL()}, o.Pipeline, 32, 200, brokertest.Random(t))
	wait()
	stop()
	told.check(t, s.Broker, o.Pipeline)
	last, err := s.LastSequence(brokertest.Context(t), o.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	if c := live.Counts(); c.Documents != uint64(len(told.at)) || c.Documents < 2*last {
		t.Errorf("%d records for %+v: they are not shared", last, c)
	}
}

// Properties, of a client that sends a document again, because the answer was
// lost:
//   - it hears the same position, and that it is a duplicate, also after the
//     input has been started again, and from another one beside it;
//   - the document is in the log once.
func TestALostAnswer(t *testing.T) {
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "retry"}
	subject := ingest.LiveSubject(o.Pipeline)
	_, stop := serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	told := newLedger()
	again := func(duplicate bool) {
		t.Helper()
		for i := range 300 {
			id := fmt.Sprint(i)
			a := asked(t, nc, subject, line(id, "text"))[0]
			if a.Status != ingest.Accepted || a.Duplicate != duplicate {
				t.Fatalf("%+v, want a duplicate: %t", a, duplicate)
			}
			if err := told.note(id, a.Position); err != nil {
				t.Fatal(err)
			}
		}
	}
	again(false)
	again(true)
	stop()
	// Another source in between, which the live input has to look past.
	for range 5 {
		ingestOther(t, s.Broker, o.Pipeline)
	}
	_, stop = serveLive(t, s.Broker, o)
	again(true)
	_, stopOther := serveLive(t, brokertest.Connect(t, s.Address()), o)
	again(true)
	stop()
	again(true)
	stopOther()
	told.check(t, s.Broker, o.Pipeline)
}

func ingestOther(tb testing.TB, b *broker.Broker, name pipeline.Name) {
	tb.Helper()
	rows := mixed(brokertest.Random(tb), 100)
	if _, err := ingest.Run(brokertest.Context(tb), b, &source{rows: rows}, ingest.Options{Pipeline: name, Source: "other", Repeats: true, Clock: clock{now: noon}}); err != nil {
		tb.Fatal(err)
	}
}

// Properties, of several inputs that serve one pipeline, while one of them
// stops and starts, beside a source that is read:
//   - each document is in the log once, where its clients were told;
//   - more than one of them stores documents;
//   - clients only ever have to send again.
func TestSeveralInputs(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "several"}
	var lives []*ingest.Live
	for range 2 {
		live, _ := serveLive(t, brokertest.Connect(t, s.Address()), o)
		lives = append(lives, live)
	}
	told, wait := crowd(t, []string{s.URL()}, o.Pipeline, 16, 150, brokertest.Random(t))
	for range 5 {
		live, stop := serveLive(t, brokertest.Connect(t, s.Address()), o)
		lives = append(lives, live)
		ingestOther(t, s.Broker, o.Pipeline)
		stop()
	}
	wait()
	told.check(t, s.Broker, o.Pipeline)
	sum, working := uint64(0), 0
	for _, l := range lives {
		c := l.Counts()
		if sum += c.Documents; c.Documents > 0 {
			working++
		}
	}
	if sum != uint64(len(told.at)) || working < 2 {
		t.Errorf("%d of the inputs say that they stored %d documents, clients know of %d", working, sum, len(told.at))
	}
}
