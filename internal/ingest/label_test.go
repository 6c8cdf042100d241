package ingest_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// late are the late labels that came in live: by position their lines.
func late(tb testing.TB, b *broker.Broker, name pipeline.Name) map[string]string {
	tb.Helper()
	at := map[string]string{}
	for _, r := range brokertest.Records(tb, b, name.LogStream().Name) {
		if r.Subject != name.LogSubject(pipeline.LabelRecord, ingest.LiveSource) {
			continue
		}
		for i, line := range bytes.Split(r.Data, []byte{'\n'}) {
			at[tidings.Position{Sequence: r.Sequence, Line: uint32(i)}.String()] = string(line)
		}
	}
	return at
}

// Properties, of late labels that clients send over NATS and HTTP:
//   - what may enter does, in one form, and is answered with its position; what
//     may not is refused with a reason;
//   - one sent again enters once, also after a restart, and by another way;
//   - one that goes back to a label of before is news, unless it says when it
//     was given;
//   - documents beside them enter as ever.
func TestLateLabelsOfClients(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "late", HTTP: "127.0.0.1:0", Clock: clock{now: noon}}
	live, stop := serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	subject := ingest.LabelsSubject(o.Pipeline)
	asked(t, nc, ingest.LiveSubject(o.Pipeline), line("d", "text"))
	lines := []string{
		`{"id":"d","label":" cafe\u0301"}`, // 0
		`{"label":"café","id":"d"}`,        // the same
		`{"id":"d","label":"b"}`,
		`{"id":"d","label":"b"}`, // the same
		`{"id":"d","label":"café"}`,
		`{"id":"e","label":"a","time":"2026-01-01","by":"ann"}`,
		`{"id":"e","label":"b","time":"2026-01-02","by":"ann"}`,
		`{"id":"e","label":"a","time":"2026-01-01","by":"ann"}`, // the same
		`{"id":"e"}`,
		`{"label":"a"}`,
		`{"id":"e","label":"a","position":"x"}`,
		`no JSON`,
	}
	want := []string{"new", "0", "new", "2", "new", "new", "new", "5", "no_label", "no_id", "bad_position", "not_json"}
	check := func(answers []ingest.Answer, want []string) {
		t.Helper()
		for i, a := range answers {
			got := string(a.Reason)
			if a.Status == ingest.Accepted {
				got = "new"
			}
			if a.Duplicate {
				got = fmt.Sprint(slices.IndexFunc(answers, func(o ingest.Answer) bool { return o.Position == a.Position }))
			}
			if got != want[i] {
				t.Errorf("line %d: %+v, want %s", i, a, want[i])
			}
		}
	}
	first := asked(t, nc, subject, lines...)
	check(first, want)
	at := late(t, s.Broker, o.Pipeline)
	if len(at) != 5 || at[first[0].Position] != `{"id":"d","label":"café"}` || at[first[5].Position] != `{"id":"e","label":"a","time":"2026-01-01T00:00:00Z","by":"ann"}` {
		t.Errorf("the log has %v", at)
	}
	client := newWebClient(t, live)
	post := func(body string) []ingest.Answer {
		t.Helper()
		_, data, err := client.send("POST", "/labels", "Content-Type: "+ndjson, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answers, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		return answers
	}
	again := post(lines[4] + "\n" + lines[6] + "\n" + `{"id":"f","label":"x"}`)
	if !again[0].Duplicate || again[0].Position != first[4].Position || !again[1].Duplicate || again[2].Duplicate || again[2].Status != ingest.Accepted {
		t.Errorf("over HTTP %+v", again)
	}
	if c := live.Counts(); c.Documents != 1 || c.Labels != 6 || c.Rejected != 4 {
		t.Errorf("counted as %+v", c)
	}
	client.CloseIdleConnections()
	stop()
	live, _ = serveLive(t, s.Broker, o)
	client = newWebClient(t, live)
	if answers := post(lines[4] + "\n" + lines[5]); !answers[0].Duplicate || !answers[1].Duplicate {
		t.Errorf("after a restart %+v", answers)
	}
	if answers := asked(t, nc, ingest.LiveSubject(o.Pipeline), line("d", "text")); !answers[0].Duplicate {
		t.Errorf("the document enters again: %+v", answers)
	}
	if n := len(late(t, s.Broker, o.Pipeline)); n != 6 {
		t.Errorf("the log has %d labels", n)
	}
	client.CloseIdleConnections()
}

// Properties, of labels that are stored without a server, beside one that runs:
// each is answered, in order; the same ones again do not enter; the server goes
// on.
func TestLabelsAreStoredBesideAServer(t *testing.T) {
	brokertest.NoLeaks(t)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "beside", Clock: clock{now: noon}}
	_, _ = serveLive(t, s.Broker, o)
	nc := dial(t, s.URL())
	labels := func(yield func(tidings.LateLabel) bool) {
		for i := range 700 {
			if !yield(tidings.LateLabel{ID: fmt.Sprint("d", i), Label: "a"}) {
				return
			}
			if i%100 == 0 {
				asked(t, nc, ingest.LabelsSubject(o.Pipeline), fmt.Sprintf(`{"id":"other%d","label":"a"}`, i))
			}
		}
	}
	for _, again := range []bool{false, true} {
		n := 0
		err := ingest.StoreLabels(t.Context(), s.Broker, o.Pipeline, labels, func(a ingest.Answer) error {
			if n++; a.Line != n || a.Status != ingest.Accepted || a.Duplicate != again || a.ID != fmt.Sprint("d", n-1) {
				t.Fatalf("again %t: answer %d is %+v", again, n, a)
			}
			return nil
		})
		if err != nil || n != 700 {
			t.Fatalf("%d answers, %v", n, err)
		}
	}
	if n := len(late(t, s.Broker, o.Pipeline)); n != 707 {
		t.Errorf("the log has %d labels", n)
	}
}
