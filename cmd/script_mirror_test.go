package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// mirror is a server of a folder's files, and of the day pages in it as
// Wikipedia's interface gives them. It cuts its first answer and keeps silent
// then, if it is told to, and notes what it was asked.
type mirror struct {
	dir string
	log string

	mu  sync.Mutex
	cut int // of the next answer; 0: it is whole
}

func startMirror(ts *testscript.TestScript, args []string) (err error) {
	m := &mirror{dir: ts.MkAbs(args[1]), log: ts.MkAbs(args[1] + ".log")}
	if len(args) > 2 {
		if m.cut, err = strconv.Atoi(args[2]); err != nil {
			return err
		}
	}
	s := httptest.NewServer(m)
	ts.Defer(func() {
		s.CloseClientConnections()
		s.Close()
	})
	ts.Setenv(args[0], s.URL)
	return os.WriteFile(m.log, nil, 0o600)
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	cut := m.cut
	m.cut = 0
	m.note(r)
	m.mu.Unlock()
	if r.URL.Path == "/w/api.php" {
		m.pages(w, strings.Split(r.URL.Query().Get("titles"), "|"))
		return
	}
	data, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(r.URL.Path)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"1"`)
	if cut > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:cut])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	http.ServeContent(w, r, r.URL.Path, time.Time{}, strings.NewReader(string(data)))
}

// note writes what was asked; m.mu is held.
func (m *mirror) note(r *http.Request) {
	f, err := os.OpenFile(m.log, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return // the script's folder is gone
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %s titles=%d\n", r.URL.Path, r.Header.Get("Range"), 1+strings.Count(r.URL.Query().Get("titles"), "|"))
}

func (m *mirror) pages(w http.ResponseWriter, titles []string) {
	var pages []any
	for _, title := range titles {
		at, err := time.Parse("Portal:Current events/2006 January 2", title)
		text, err2 := os.ReadFile(filepath.Join(m.dir, at.Format(time.DateOnly)+".wikitext"))
		if err != nil || err2 != nil {
			pages = append(pages, map[string]any{"title": title, "missing": true})
			continue
		}
		slot := map[string]any{"main": map[string]any{"content": string(text)}}
		pages = append(pages, map[string]any{"title": title, "revisions": []any{map[string]any{"slots": slot}}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"query": map[string]any{"pages": pages}})
}
