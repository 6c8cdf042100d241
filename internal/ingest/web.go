package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of documents over HTTP.
const (
	RequestBytesMax  = 8 << 20          // one body, expanded
	RequestLinesMax  = 4096             // documents in one body
	bodiesBytesMax   = 64 << 20         // of all bodies that are being read; beyond it the answer is Busy
	connectionsMax   = 1024             // the next ones wait
	headerBytesMax   = 16 << 10         // of one request
	headerTimeout    = 5 * time.Second  // from a request's first byte to the end of its header
	readTimeout      = 30 * time.Second // and to that of its body
	answerTimeout    = 20 * time.Second // until documents are stored
	writeTimeout     = time.Minute      // from the header to the end of the answer
	idleTimeout      = time.Minute      // between requests
	documentsPath    = "/documents"
	labelsPath       = "/labels" // late ones
	healthPath       = "/healthz"
	contentJSON      = "application/json"
	contentJSONLines = "application/x-ndjson"
)

// web serves POST /documents and GET /healthz.
type web struct {
	live     *Live
	listener net.Listener
	server   *http.Server
	name     string       // the host that the address was given as
	bodies   atomic.Int64 // bytes of bodies that are being read
}

func openWeb(l *Live) (*web, error) {
	if err := CheckHTTP(l.o.HTTP, l.o.HTTPOpen); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(l.o.HTTP)
	if err != nil {
		return nil, err
	}
	if host == "" && !l.o.HTTPOpen {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("--http %s cannot be opened: %w; name another port", l.o.HTTP, err)
	}
	w := &web{live: l, listener: newLimited(listener, connectionsMax), name: host}
	w.server = &http.Server{
		Handler: w, MaxHeaderBytes: headerBytesMax, DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: log.New(panics(l.o.Notice), "", 0),
	}
	if d := l.o.ReadTimeout; d > 0 {
		w.server.ReadHeaderTimeout, w.server.ReadTimeout = min(d, headerTimeout), d
	}
	return w, nil
}

// panics passes on what the server says of a handler that failed; it has much
// else to say, of clients.
type panics func(string)

func (p panics) Write(text []byte) (int, error) {
	if s := string(text); strings.Contains(s, "panic serving") {
		p(s)
	}
	return len(text), nil
}

func (w *web) serve() error {
	if err := w.server.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("--http %s: %w", w.live.o.HTTP, err)
	}
	return nil
}

// stop ends the listening and waits until who was taken is answered.
func (w *web) stop(ctx context.Context) {
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close()
	}
	_ = w.listener.Close() // also when it was never served
}

// ServeHTTP answers one request.
func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	out.Header().Set("X-Content-Type-Options", "nosniff")
	if err := w.guard(r); err != nil {
		tell(out, http.StatusForbidden, err.Error())
		return
	}
	switch {
	case (r.URL.Path == documentsPath || r.URL.Path == labelsPath) && r.Method == http.MethodPost:
		w.documents(out, r)
	case r.URL.Path == healthPath && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		w.health(out)
	case r.URL.Path == documentsPath || r.URL.Path == labelsPath:
		out.Header().Set("Allow", http.MethodPost)
		tell(out, http.StatusMethodNotAllowed, r.URL.Path+" takes POST alone")
	case r.URL.Path == healthPath:
		out.Header().Set("Allow", "GET, HEAD")
		tell(out, http.StatusMethodNotAllowed, healthPath+" takes GET alone")
	default:
		tell(out, http.StatusNotFound, "nothing is here; documents go to POST "+documentsPath+", late labels to POST "+labelsPath)
	}
}

func (w *web) health(out http.ResponseWriter) {
	if err := w.live.health(); err != nil {
		retry(out, unavailableRetry)
		tell(out, http.StatusServiceUnavailable, err.Error())
		return
	}
	out.Header().Set("Content-Type", contentJSON)
	_, _ = out.Write([]byte(`{"status":"ok"}` + "\n"))
}

// documents takes the documents of one body, or its late labels.
func (w *web) documents(out http.ResponseWriter, r *http.Request) {
	single, failure := w.bodyForm(r)
	if failure != nil {
		failure.tell(out)
		return
	}
	if !w.live.broker.Connected() {
		retry(out, unavailableRetry)
		tell(out, http.StatusServiceUnavailable, "the broker is away; nothing was taken: send it again")
		return
	}
	body, failure := w.body(out, r)
	if failure != nil {
		failure.tell(out)
		return
	}
	f := form{name: "POST " + r.URL.Path, single: single, linesMax: RequestLinesMax, asks: true, late: r.URL.Path == labelsPath}
	done := make(chan []Answer, 1)
	w.live.take(body.data, f, func(answers []Answer) { done <- answers })
	body.release()
	waiting, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	select {
	case answers := <-done:
		answer(out, single, answers)
	case <-waiting.Done():
		retry(out, unavailableRetry)
		tell(out, http.StatusServiceUnavailable, "it is not known yet whether all of it is stored; send it again, each line enters once")
	}
}

// answer writes what became of the documents: 202 when all have entered, 207
// when some have, else 422, 429 or 503.
func answer(out http.ResponseWriter, single bool, answers []Answer) {
	count := map[Status]int{}
	for i := range answers {
		count[answers[i].Status]++
	}
	code := http.StatusMultiStatus
	switch {
	case count[Accepted] == len(answers):
		code = http.StatusAccepted
	case count[Accepted] > 0:
	case count[Unavailable] > 0:
		code = http.StatusServiceUnavailable
		retry(out, unavailableRetry)
	case count[Busy] > 0:
		code = http.StatusTooManyRequests
		retry(out, busyRetry)
	default:
		code = http.StatusUnprocessableEntity
	}
	out.Header().Set("Content-Type", contentJSONLines)
	if single {
		out.Header().Set("Content-Type", contentJSON)
	}
	out.WriteHeader(code)
	_, _ = out.Write(appendAnswers(nil, answers)) // a client that hears nothing sends again
}

func retry(out http.ResponseWriter, after time.Duration) {
	out.Header().Set("Retry-After", strconv.Itoa(max(1, int(after.Seconds()))))
}

// tell answers a request of which nothing was taken.
func tell(out http.ResponseWriter, code int, detail string) {
	out.Header().Set("Content-Type", contentJSON)
	out.WriteHeader(code)
	line, err := json.Marshal(map[string]string{"error": detail})
	if err == nil {
		_, _ = out.Write(append(line, '\n'))
	}
}

// limited is a listener that has so many connections open at most.
type limited struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newLimited(l net.Listener, n int) *limited {
	return &limited{Listener: l, free: make(chan struct{}, n), closed: make(chan struct{})}
}

// Accept waits for a connection, and before that for one to end when there are
// too many.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &counted{Conn: c, release: sync.OnceFunc(func() { <-l.free })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// counted is one of a limited listener's connections.
type counted struct {
	net.Conn
	release func()
}

func (c *counted) Close() error {
	c.release()
	return c.Conn.Close()
}
