package catalogue

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tidings/internal/fetch"
)

// download gets one file, from one address after another.
type download struct {
	f    *Fetcher
	file File
	path string // where it stands in the end
	have int64  // bytes of the part

	resumed bool // some of it came with an earlier answer
	anew    bool // a part that turned out wrong was thrown away once
}

// from gets the file from one address, in as many attempts as bring it on.
func (d *download) from(ctx context.Context, url string) error {
	wait, tries := d.f.o.FirstWait, 0
	for range answersMax {
		before := d.have
		err := d.attempt(ctx, url)
		if err == nil {
			err = d.finish(ctx)
		}
		switch k := kindOf(err); {
		case err == nil || ctx.Err() != nil || k == machine || k == another:
			return err
		case k == begin && d.anew:
			return err
		case k == begin:
			d.anew = true
			d.f.o.Notice(fmt.Sprintf("%v; %s is fetched from its beginning", err, d.file.Name))
			if err := d.discard(); err != nil {
				return err
			}
			continue
		}
		if tries++; d.have > before {
			tries, wait = 1, d.f.o.FirstWait
		}
		if tries == attemptsMax {
			return fmt.Errorf("%w (%d attempts)", err, tries)
		}
		pause := min(max(wait, retryAfter(err)), waitMax)
		d.f.o.Notice(fmt.Sprintf("%v; asking again in %s", err, pause))
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		wait *= 2
	}
	return fmt.Errorf("%s: not whole after %d answers", fetch.Redact(url), answersMax)
}

// attempt asks once and stores what comes.
func (d *download) attempt(ctx context.Context, url string) error {
	n, err := d.begin(url)
	if err != nil {
		return err
	}
	total := max(d.file.Bytes, n.Bytes)
	if d.have > 0 && d.have == total {
		return nil // only the checks were missing
	}
	header := http.Header{"Accept-Encoding": {"identity"}}
	if d.have > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(d.have, 10)+"-")
		if v := n.validator(); v != "" && n.URL == url {
			header.Set("If-Range", v)
		}
	}
	r, err := d.f.client.Get(ctx, url, header)
	if err != nil {
		return refused(err, d.have > 0)
	}
	defer r.Body.Close()
	if n, err = d.place(url, r); err == nil {
		err = d.store(ctx, r.Body, n)
	}
	if err != nil && kindOf(err) != machine {
		err = fmt.Errorf("%s: %w", fetch.Redact(url), err)
	}
	return err
}

// begin looks at what is there. A part of which nobody can tell that it is one
// of this file is thrown away: without a checksum only the server that it came
// from can, by the validator that it gave.
func (d *download) begin(url string) (note, error) {
	d.have = 0
	info, err := os.Stat(d.path + partSuffix)
	if err != nil || info.Size() == 0 {
		return note{}, nil
	}
	n := readNote(d.path)
	switch {
	case d.file.Bytes > 0 && info.Size() > d.file.Bytes, d.file.SHA256 == "" && (n.URL != url || n.validator() == ""):
		d.f.o.Notice(fmt.Sprintf("the %s of %s that are there cannot be gone on with; it is fetched from its beginning", Size(info.Size()), d.file.Name))
		return note{}, d.discard()
	}
	d.have, d.resumed = info.Size(), true
	return n, nil
}

// discard throws the part away.
func (d *download) discard() error {
	d.have, d.resumed = 0, false
	err := os.Remove(d.path + partSuffix)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	_ = os.Remove(d.path + noteSuffix)
	return local(err)
}

// refused sorts the errors of asking, for a whole file or the rest of one.
func refused(err error, rest bool) error {
	var status *fetch.StatusError
	var dns *net.DNSError
	var op *net.OpError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &status):
		switch {
		case status.Code == http.StatusRequestedRangeNotSatisfiable && rest:
			return marked{err, begin}
		case status.Code >= 500 || status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout:
			return err
		}
	case errors.Is(err, fetch.ErrPrivate):
		return mark(another, "%w; a mirror on your own network is reached with --mirror URL --allow-private", err)
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial":
		return mark(another, "%w; is there a network?", err)
	case errors.Is(err, fetch.ErrScheme), errors.Is(err, fetch.ErrDowngrade), errors.Is(err, fetch.ErrRedirects), errors.As(err, &untrusted):
	default:
		return err // too slow, or a connection that broke
	}
	return marked{err, another}
}

// retryAfter is how long the server asked to be left alone.
func retryAfter(err error) time.Duration {
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) {
		return status.RetryAfter
	}
	return 0
}

// place finds out where in the file the answer belongs, and notes what it is.
func (d *download) place(url string, r *fetch.Response) (note, error) {
	n := note{URL: url, ETag: r.Header.Get("ETag"), Modified: r.Header.Get("Last-Modified")}
	if kind := strings.ToLower(r.Header.Get("Content-Type")); strings.HasPrefix(kind, "text/html") || strings.HasPrefix(kind, "application/xhtml") {
		return n, page()
	}
	if packed := r.Header.Get("Content-Encoding"); packed != "" && packed != "identity" {
		return n, mark(another, "it packs the file as %.32q, which it was not asked to", packed)
	}
	if r.Status == http.StatusPartialContent {
		first, total, err := contentRange(r.Header.Get("Content-Range"))
		if err != nil || first != d.have {
			return n, mark(begin, "the server was asked for what follows byte %d and answers %.80q", d.have, r.Header.Get("Content-Range"))
		}
		n.Bytes = total
	} else {
		n.Bytes = max(r.Length, 0)
	}
	if d.file.Bytes > 0 && n.Bytes > 0 && n.Bytes != d.file.Bytes {
		return n, mark(another, "it has %d bytes where %d are expected; this is another file", n.Bytes, d.file.Bytes)
	}
	if r.Status != http.StatusPartialContent {
		if d.have > 0 {
			d.f.o.Notice(fmt.Sprintf("%s has changed at its source, or its server does not go on in the middle; it is fetched from its beginning", d.file.Name))
		}
		if err := d.discard(); err != nil {
			return n, err
		}
	}
	if n.Bytes == 0 {
		n.Bytes = d.file.Bytes
	}
	text, err := json.Marshal(n)
	if err != nil {
		return n, err
	}
	return n, local(writeFile(d.path+noteSuffix, text))
}

// store appends the body to the part.
func (d *download) store(ctx context.Context, body io.Reader, n note) (err error) {
	part, err := os.OpenFile(d.path+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return local(err)
	}
	defer func() { err = errors.Join(err, local(part.Close())) }()
	most := n.Bytes
	if most == 0 {
		most = fileBytesMax
	}
	buf := make([]byte, copyBytes)
	for {
		count, err := body.Read(buf)
		if d.have == 0 && isPage(buf[:count]) {
			return page()
		}
		if d.have+int64(count) > most {
			return mark(begin, "it sends more than the %d bytes that are expected", most)
		}
		written, failed := part.Write(buf[:count])
		d.have += int64(written)
		if failed != nil {
			return d.full(local(failed), n)
		}
		d.f.o.Progress(Progress{Stage: d.file.Name, Done: d.have, Total: n.Bytes})
		switch {
		case err == io.EOF && d.have < n.Bytes, errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("the connection ended after %d of %d bytes", d.have, n.Bytes)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// full says what a disk that is full needs.
func (d *download) full(err error, n note) error {
	need := ""
	if n.Bytes > d.have {
		need = "; it needs " + Size(n.Bytes-d.have) + " more"
	}
	return fmt.Errorf("%s: %w%s. The %s that have come are kept: make room, or name another folder with --cache, and the same command goes on", d.file.Name, err, need, Size(d.have))
}

// pageHead is how much of a body is looked at for being a page.
const pageHead = 512

// page is the error of an answer that is for people.
func page() error {
	return mark(another, "it answers with a web page instead of the file, like a page to log in or that of a proxy")
}

// isPage says whether data begin like a page of HTML.
func isPage(data []byte) bool {
	head := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), pageHead)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// head is the beginning of a file, as far as it can be read.
func head(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, pageHead))
	return text
}

// finish checks the whole part and gives it its name.
func (d *download) finish(ctx context.Context) error {
	part := d.path + partSuffix
	if d.file.Bytes > 0 && d.have != d.file.Bytes {
		return mark(begin, "%d bytes came where %d are expected", d.have, d.file.Bytes)
	}
	sum, err := d.f.sum(ctx, part, d.file)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && d.file.SHA256 == "" && isPage(head(part)): // it came letter by letter
		return errors.Join(page(), d.discard())
	case err != nil:
		return local(err)
	case d.file.SHA256 != "" && sum != d.file.SHA256:
		return d.reject(sum)
	}
	if err := local(settle(part, d.path)); err != nil {
		return err
	}
	_ = os.Remove(d.path + noteSuffix)
	return local(writeSum(d.path, sum))
}

// reject keeps aside what came whole and is wrong.
func (d *download) reject(sum string) error {
	if err := os.Rename(d.path+partSuffix, d.path+rejectedSuffix); err != nil {
		return local(err)
	}
	k := another
	if d.resumed {
		k = begin // the pieces may not belong together
	}
	return mark(k, "%s: the sha256 is %s where %s is expected: it was damaged on the way or is another file, and is kept as %s to be looked at", d.file.Name, sum, d.file.SHA256, d.path+rejectedSuffix)
}

// settle makes a file durable under its name.
func settle(from, to string) error {
	for _, step := range []func() error{
		func() error { return syncPath(from) },
		func() error { return os.Rename(from, to) },
		func() error { return syncPath(filepath.Dir(to)) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// stopped says what somebody who interrupted it finds.
func (d *download) stopped(err error) error {
	total := ""
	if n := readNote(d.path); n.Bytes > 0 {
		total = " of " + Size(n.Bytes)
	}
	d.f.o.Notice(fmt.Sprintf("stopped: %s%s of %s have come and are kept; the same command goes on from there", Size(d.have), total, d.file.Name))
	return err
}

// sleep waits, or less when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
