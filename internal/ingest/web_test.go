package ingest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
)

const ndjson = "application/x-ndjson"

// webClient speaks HTTP to one live input.
type webClient struct {
	tb  testing.TB
	url string
	http.Client
}

func newWebClient(tb testing.TB, l *ingest.Live) *webClient {
	tb.Helper()
	c := &webClient{tb: tb, url: l.HTTP(), Client: http.Client{Transport: &http.Transport{}}}
	tb.Cleanup(c.CloseIdleConnections)
	return c
}

// send sends one request; header is "Name: value" by line.
func (c *webClient) send(method, path, header string, body io.Reader) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), brokertest.Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.SplitSeq(header, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		} else if name != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := c.Do(r)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(response.Body)
	return response, data, errors.Join(err, response.Body.Close())
}

// post posts documents as JSON lines.
func (c *webClient) post(lines ...string) (*http.Response, []ingest.Answer) {
	c.tb.Helper()
	response, data, err := c.send("POST", "/documents", "Content-Type: "+ndjson, strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		c.tb.Fatal(err)
	}
	answers, err := parse(data)
	if err != nil {
		c.tb.Fatal(err)
	}
	return response, answers
}

func zipped(tb testing.TB, data io.Reader) string {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, data); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// zeros are so many bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Properties, of each request that a client can send:
//   - the code and the text say what became of it;
//   - nothing but what was answered with a position is in the log, and that is
//     there.
func TestWhatHTTPTakes(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	o := ingest.LiveOptions{Pipeline: "web", HTTP: "127.0.0.1:0", Clock: clock{now: noon}}
	live, stop := serveLive(t, b, o)
	client := newWebClient(t, live)
	const document = "Content-Type: application/json"
	const lines = "Content-Type: " + ndjson
	one := func(id string) string { return line(id, "text") }
	whole := zipped(t, strings.NewReader(one("z")))
	tests := map[string]struct {
		method, path, header, body string
		code                       int
		says                       string
		header2                    string // of the answer
	}{
		"a document":           {header: document, body: one("a"), code: 202, says: `"status":"accepted","position":"`, header2: "Content-Type: application/json"},
		"over several lines":   {header: document, body: "{\n \"id\": \"b\",\n \"text\": \"x\"\n}\n", code: 202, says: `"id":"b","status":"accepted"`},
		"with a charset":       {header: document + "; charset=utf-8", body: one("c"), code: 202},
		"lines":                {header: lines, body: one("d") + "\n" + one("e") + "\n", code: 202, says: `"line":2,"id":"e","status":"accepted"`, header2: "Content-Type: " + ndjson},
		"lines, else named":    {header: "Content-Type: application/jsonl", body: one("f"), code: 202},
		"lines as a document":  {header: document, body: one("g") + "\n" + one("h"), code: 422, says: "more follows after the JSON object"},
		"an array":             {header: document, body: "[" + one("g") + "]", code: 422, says: "an array, not a JSON object"},
		"some may not enter":   {header: lines, body: one("i") + "\n{}\n" + line("j", "") + "\nwhat", code: 207, says: `"line":4,"status":"refused","reason":"not_json","detail":"POST /documents line 4: `},
		"none may enter":       {header: lines, body: "{}\n" + line("j", ""), code: 422, says: "POST /documents line 2: title and text are empty"},
		"once more":            {header: document, body: one("first"), code: 202, says: `"duplicate":true`},
		"another document":     {header: document, body: line("first", "other"), code: 422, says: "duplicate_id"},
		"nothing":              {header: document, body: "", code: 422, says: "the line is empty"},
		"gzip":                 {header: lines + "\nContent-Encoding: gzip", body: zipped(t, strings.NewReader(one("k")+"\n"+one("l"))), code: 202},
		"gzip in parts":        {header: lines + "\nContent-Encoding: gzip", body: zipped(t, strings.NewReader(one("m")+"\n")) + zipped(t, strings.NewReader(one("n"))), code: 202, says: `"id":"n"`},
		"gzip cut off":         {header: document + "\nContent-Encoding: gzip", body: whole[:len(whole)-9], code: 400, says: "nothing of it was taken"},
		"no gzip":              {header: document + "\nContent-Encoding: gzip", body: one("o"), code: 400},
		"a gzip bomb":          {header: document + "\nContent-Encoding: gzip", body: zipped(t, zeros(32<<20)), code: 413},
		"brotli":               {header: document + "\nContent-Encoding: br", body: "x", code: 415, says: "send it plain, or as gzip"},
		"a form":               {header: "Content-Type: application/x-www-form-urlencoded", body: one("p"), code: 415, says: "--data-binary"},
		"no type":              {body: one("p"), code: 415},
		"text":                 {header: "Content-Type: text/plain", body: one("p"), code: 415},
		"too large":            {header: lines, body: strings.Repeat(" ", ingest.RequestBytesMax+1), code: 413, says: "send it in parts", header2: "Connection: close"},
		"as large as can be":   {header: lines, body: one("q") + strings.Repeat(" ", ingest.RequestBytesMax-len(one("q"))), code: 202},
		"too many":             {header: lines, body: strings.Repeat("{}\n", ingest.RequestLinesMax+1), code: 422, says: "message_too_big"},
		"too long":             {header: document, body: line("r", strings.Repeat("x", tidings.TextBytesMax+1)), code: 422, says: "text_too_long"},
		"binary":               {header: document, body: "\x00\x01\xff\xfe", code: 422, says: "not_utf8"},
		"a page's":             {header: document + "\nOrigin: http://example.com", body: one("s"), code: 403, says: "web pages"},
		"this page's":          {header: document + "\nOrigin: http://127.0.0.1", body: one("s"), code: 403},
		"a sandbox's":          {header: document + "\nOrigin: null", body: one("s"), code: 403},
		"another site's":       {header: document + "\nSec-Fetch-Site: cross-site", body: one("s"), code: 403},
		"a name's":             {header: document + "\nHost: example.com", body: one("s"), code: 403, says: "example.com"},
		"a name's with a port": {header: document + "\nHost: example.com:8090", body: one("s"), code: 403},
		"localhost's":          {header: document + "\nHost: LOCALHOST:8090", body: one("t"), code: 202},
		"loopback's":           {header: document + "\nHost: [::1]:8090", body: one("u"), code: 202},
		"asked for":            {method: "GET", code: 405, header2: "Allow: POST"},
		"preflight":            {method: "OPTIONS", code: 405, header2: "Access-Control-Allow-Origin: "},
		"put":                  {method: "PUT", header: document, body: one("v"), code: 405},
		"elsewhere":            {path: "/", header: document, body: one("v"), code: 404},
		"beneath":              {path: "/documents/", header: document, body: one("v"), code: 404},
		"health":               {method: "GET", path: "/healthz", code: 200, says: `{"status":"ok"}`},
		"health in a browser":  {method: "GET", path: "/healthz", header: "Sec-Fetch-Site: none", code: 200},
		"health for a page":    {method: "GET", path: "/healthz", header: "Host: example.com", code: 403},
		"health posted":        {path: "/healthz", code: 405},
	}
	told := newLedger()
	told.at["first"] = "1/0"
	client.post(one("first"))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.method == "" {
				test.method = "POST"
			}
			if test.path == "" {
				test.path = "/documents"
			}
			response, data, err := client.send(test.method, test.path, test.header, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.code || !strings.Contains(string(data), test.says) {
				t.Errorf("%d %s\nwant %d %s", response.StatusCode, data, test.code, test.says)
			}
			if name, value, ok := strings.Cut(test.header2, ": "); ok && response.Header.Get(name) != value && !(name == "Connection" && response.Close) {
				t.Errorf("the header %s is %q, want %q", name, response.Header.Get(name), value)
			}
			if response.StatusCode != 202 && response.StatusCode != 207 {
				return
			}
			answers, err := parse(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range answers {
				if a.Status == ingest.Accepted {
					if err := told.note(a.ID, a.Position); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	stop()
	stands := standing(t, b, o.Pipeline)
	for id, position := range told.at {
		if stands[position] != id {
			t.Errorf("%s was answered to be at %s, where %q stands", id, position, stands[position])
		}
	}
	if len(stands) != len(told.at) {
		t.Errorf("%d documents are in the log, %d were answered: %v", len(stands), len(told.at), stands)
	}
}

// Properties, of clients that are slow on purpose, with the header, with the
// body, or with reading the answer:
//   - they are dropped in time, and others are served meanwhile.
func TestSlowHTTPClients(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	o := ingest.LiveOptions{Pipeline: "slow", HTTP: "127.0.0.1:0", ReadTimeout: 2 * time.Second}
	live, _ := serveLive(t, b, o)
	address := strings.TrimPrefix(live.HTTP(), "http://")
	const header = "POST /documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40\r\n"
	var slow sync.WaitGroup
	for _, begin := range []string{"", "POST /docu", header, header + "\r\n", header + "\r\n{\"id\":"} {
		for range 20 {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			if _, err := io.WriteString(c, begin); err != nil {
				t.Fatal(err)
			}
			slow.Go(func() {
				if err := c.SetReadDeadline(time.Now().Add(brokertest.Patience)); err != nil {
					t.Error(err)
				}
				answer, err := io.ReadAll(bufio.NewReader(c))
				if err != nil && errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a client that sent %q is not dropped: %v", begin, err)
				}
				if strings.HasSuffix(begin, ":") && !bytes.Contains(answer, []byte("408 Request Timeout")) {
					t.Errorf("a client with half a body hears %q", answer)
				}
			})
		}
	}
	client := newWebClient(t, live)
	for i := range 20 {
		if response, _ := client.post(line(fmt.Sprint(i), "x")); response.StatusCode != 202 {
			t.Errorf("another client hears %d", response.StatusCode)
		}
	}
	slow.Wait()
	if got := len(standing(t, b, o.Pipeline)); got != 20 {
		t.Errorf("%d documents entered", got)
	}
}

// Properties, of more documents than may wait, because the broker does not
// answer:
//   - those beyond the limit are answered 429, with when to come again, at
//     once, and nobody waits for them;
//   - when the broker answers again, those that were taken are stored and
//     answered 202, and those that come again enter: each is in the log once.
func TestBackPressure(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.LostDelete())
	s := brokertest.Serve(t)
	wire := brokertest.NewWire(t, s.Address())
	o := ingest.LiveOptions{Pipeline: "pressure", HTTP: "127.0.0.1:0"}.WithPending(10, 1<<20)
	live, _ := serveLive(t, brokertest.Connect(t, wire.Address()), o)
	client := newWebClient(t, live)
	client.post(line("first", "x"))
	wire.Deafen()
	const sent = 40
	codes := make(chan int, sent)
	var sending sync.WaitGroup
	for i := range sent {
		sending.Go(func() {
			response, answers := client.post(line(fmt.Sprint(i), "x"))
			if response.StatusCode == 429 && (response.Header.Get("Retry-After") != "1" || answers[0].Status != ingest.Busy || answers[0].RetryMS != 1000) {
				t.Errorf("a busy answer without a time: %v %+v", response.Header, answers)
			}
			codes <- response.StatusCode
		})
	}
	for range sent - 10 {
		if code := <-codes; code != 429 {
			t.Errorf("beyond the limit the answer is %d", code)
		}
	}
	wire.Cut()
	sending.Wait()
	for range 10 {
		if code := <-codes; code != 202 {
			t.Errorf("what was taken is answered %d", code)
		}
	}
	for i := range sent {
		for {
			response, _ := client.post(line(fmt.Sprint(i), "x"))
			if response.StatusCode == 202 {
				break
			}
			t.Errorf("again: %d", response.StatusCode)
		}
	}
	if got := len(standing(t, s.Broker, o.Pipeline)); got != sent+1 {
		t.Errorf("%d documents are in the log", got)
	}
	if c := live.Counts(); c.Busy != sent-10 || c.Documents+c.Duplicates != sent+11 {
		t.Errorf("counted as %+v", c)
	}
}

// Properties, of a broker that is away, or whose store is full:
//   - documents are answered 503 with when to come again, and /healthz too;
//   - when it is there again they enter.
func TestHTTPWithoutABroker(t *testing.T) {
	brokertest.NoLeaks(t, brokertest.Restarts()...)
	s := brokertest.Serve(t)
	o := ingest.LiveOptions{Pipeline: "away", HTTP: "127.0.0.1:0"}
	b := brokertest.Connect(t, s.Address())
	live, _ := serveLive(t, b, o)
	client := newWebClient(t, live)
	client.post(line("a", "x"))
	s.Stop()
	for b.Connected() {
		if err := context.Cause(brokertest.Context(t)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/documents", "/healthz"} {
		method := map[string]string{"/documents": "POST", "/healthz": "GET"}[path]
		response, data, err := client.send(method, path, "Content-Type: "+ndjson, strings.NewReader(line("b", "x")))
		if err != nil || response.StatusCode != 503 || response.Header.Get("Retry-After") != "2" {
			t.Errorf("%s: %v, %+v %s", path, err, response, data)
		}
	}
	s.Start()
	for response, _ := client.post(line("b", "x")); response.StatusCode != 202; {
		response, _ = client.post(line("b", "x"))
	}
	if got := len(standing(t, s.Broker, o.Pipeline)); got != 2 {
		t.Errorf("%d documents are in the log", got)
	}
}

// Properties, of a full store: a document is answered 503 with the reason, and
// so is /healthz; a document that has entered is still known.
func TestHTTPWithAFullStore(t *testing.T) {
	b := brokertest.Open(t, broker.Options{Store: brokertest.Dir(t), StoreBytes: 1 << 20})
	live, _ := serveLive(t, b, ingest.LiveOptions{Pipeline: "full", HTTP: "127.0.0.1:0"})
	client := newWebClient(t, live)
	long := strings.Repeat("long ", 10<<10)
	for i := range 100 {
		response, answers := client.post(line(fmt.Sprint(i), long))
		if response.StatusCode == 202 {
			continue
		}
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || !strings.Contains(answers[0].Detail, "store is full") {
			t.Errorf("%d %+v", response.StatusCode, answers)
		}
		break
	}
	if response, data, err := client.send("GET", "/healthz", "", nil); err != nil || response.StatusCode != 503 || !strings.Contains(string(data), "store is full") {
		t.Errorf("health: %v %s", err, data)
	}
	if response, answers := client.post(line("0", long)); response.StatusCode != 202 || !answers[0].Duplicate {
		t.Errorf("a document that has entered: %d %+v", response.StatusCode, answers)
	}
}

// Properties, of an input that stops while HTTP clients send:
//   - every request that was taken is answered, and what it was told is so;
//   - what is not answered enters when it is sent to the next input.
func TestHTTPThatStopsWhileClientsSend(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	told := newLedger()
	for round := range 4 {
		o := ingest.LiveOptions{Pipeline: "stops", HTTP: "127.0.0.1:0"}
		reached := make(chan struct{})
		once := sync.OnceFunc(func() { close(reached) })
		want := uint64(50 + random.IntN(200))
		o.Rows = func(c ingest.LiveCounts) {
			if c.Documents+c.Duplicates > want {
				once()
			}
		}
		live, stop := serveLive(t, b, o)
		client := newWebClient(t, live)
		var sending sync.WaitGroup
		for c := range 8 {
			seed := random.Uint64()
			sending.Go(func() {
				random := rand.New(rand.NewPCG(seed, 0))
				for {
					id := fmt.Sprintf("%d-%d", c, random.IntN(1000))
					response, data, err := client.send("POST", "/documents", "Content-Type: "+ndjson, strings.NewReader(line(id, "x")))
					if err != nil {
						return // it listens no more
					}
					answers, err := parse(data)
					if err != nil || response.StatusCode != 202 && response.StatusCode != 503 {
						t.Errorf("%d %s: %v", response.StatusCode, data, err)
						return
					}
					if response.StatusCode == 202 {
						if err := told.note(id, answers[0].Position); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		<-reached
		stop()
		sending.Wait()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	stands := standing(t, b, "stops")
	ids := map[string]string{}
	for position, id := range stands {
		if other, twice := ids[id]; twice {
			t.Errorf("%s is at %s and %s", id, position, other)
		}
		ids[id] = position
	}
	for id, position := range told.at {
		if stands[position] != id {
			t.Errorf("%s was answered to be at %s, where %q stands", id, position, stands[position])
		}
	}
}

// Properties, of an address to serve HTTP at:
//   - one that other machines reach needs to be asked for;
//   - one that is taken or none is told.
func TestTheHTTPAddress(t *testing.T) {
	b := brokertest.Embed(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for address, test := range map[string]struct {
		open bool
		says string // "": it is served
	}{
		"127.0.0.1:0":           {},
		"127.0.0.2:0":           {},
		"localhost:0":           {},
		"[::1]:x":               {says: "cannot be opened"},
		":0":                    {},
		"0.0.0.0:0":             {says: "add --http-open"},
		"[::]:0":                {says: "add --http-open"},
		"192.0.2.1:0":           {says: "asks nobody for a password"},
		"example.com:0":         {says: "add --http-open"},
		"8090":                  {says: "is not host:port"},
		"0.0.0.0:00":            {open: true},
		taken.Addr().String():   {says: "name another port"},
		"127.0.0.1:70000":       {says: "cannot be opened"},
		"http://127.0.0.1:8090": {says: "is not host:port"},
	} {
		l, err := ingest.OpenLive(t.Context(), b, ingest.LiveOptions{HTTP: address, HTTPOpen: test.open})
		if err == nil {
			l.Close()
		}
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %v, want %q", address, err, test.says)
		}
	}
}
