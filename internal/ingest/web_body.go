package ingest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// failure is why a request's body is not taken.
type failure struct {
	code   int
	detail string
	retry  time.Duration // when to come again; 0: not
}

func (f *failure) tell(out http.ResponseWriter) {
	if f.retry > 0 {
		retry(out, f.retry)
	}
	out.Header().Set("Connection", "close") // the rest of the body is not read
	tell(out, f.code, f.detail)
}

// bodyForm tells by the header how the body is read, or that it is not.
func (w *web) bodyForm(r *http.Request) (single bool, f *failure) {
	const types = "send one JSON object as application/json, or JSON lines as application/x-ndjson; with curl: -H 'Content-Type: application/x-ndjson' --data-binary @FILE"
	content, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && content == contentJSON:
		single = true
	case err == nil && (content == contentJSONLines || content == "application/jsonl"):
	default:
		return false, &failure{code: http.StatusUnsupportedMediaType, detail: fmt.Sprintf("the content type %.100q is not taken; %s", r.Header.Get("Content-Type"), types)}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "gzip") && !strings.EqualFold(e, "identity") {
		return false, &failure{code: http.StatusUnsupportedMediaType, detail: fmt.Sprintf("the content encoding %.100q is not taken; send it plain, or as gzip", e)}
	}
	if r.ContentLength > RequestBytesMax {
		return false, tooLarge()
	}
	return single, nil
}

func tooLarge() *failure {
	return &failure{code: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body has more than %d bytes, expanded; nothing of it was taken: send it in parts", RequestBytesMax)}
}

// body is what a request carries. What it holds counts until release.
type body struct {
	web  *web
	data []byte
	held int64
}

func (b *body) release() { b.web.bodies.Add(-b.held) }

// bodyStep is what a body grows by.
const bodyStep = 32 << 10

// body reads a request's body, expanded. All that are being read share a
// limit, so that no number of clients fills the memory.
func (w *web) body(out http.ResponseWriter, r *http.Request) (_ *body, f *failure) {
	b := &body{web: w}
	defer func() {
		if f != nil {
			b.release()
		}
	}()
	var from io.Reader = http.MaxBytesReader(out, r.Body, RequestBytesMax)
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, unreadable(err)
		}
		from = z
	}
	for {
		if len(b.data) == cap(b.data) {
			if !b.grow() {
				return nil, &failure{code: http.StatusTooManyRequests, retry: busyRetry, detail: fmt.Sprintf("requests with more than %d bytes in all are being read; nothing of this one was taken: send it again", bodiesBytesMax)}
			}
		}
		n, err := from.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		switch {
		case len(b.data) > RequestBytesMax:
			return nil, tooLarge()
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, unreadable(err)
		}
	}
}

// grow makes room, as long as all bodies together have it.
func (b *body) grow() bool {
	size := max(bodyStep, min(2*cap(b.data), RequestBytesMax+bodyStep))
	more := int64(size - cap(b.data))
	if b.web.bodies.Add(more) > bodiesBytesMax {
		b.web.bodies.Add(-more)
		return false
	}
	b.held += more
	b.data = append(make([]byte, 0, size), b.data...)
	return true
}

func unreadable(err error) *failure {
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.As(err, &large):
		return tooLarge()
	case errors.As(err, &slow) && slow.Timeout():
		return &failure{code: http.StatusRequestTimeout, detail: "the body did not come in time; nothing of it was taken: send it again"}
	}
	return &failure{code: http.StatusBadRequest, detail: fmt.Sprintf("the body cannot be read to its end: %v; nothing of it was taken", err)}
}
