package cmd_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// web serves the files of a folder, as they are at the moment. A file that
// begins with "HTTP 503 10" is that status, with that Retry-After. Each request
// is a line of FOLDER.log.
func web(ts *testscript.TestScript, args []string) error {
	folder := ts.MkAbs(args[1])
	log, err := os.Create(folder + ".log")
	if err != nil {
		return err
	}
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := serveFile(w, r, folder)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(log, "%s %d\n", r.URL.Path, status)
	}))
	ts.Defer(func() {
		s.Close()
		_ = log.Close()
	})
	ts.Setenv(args[0], s.URL)
	return nil
}

func serveFile(w http.ResponseWriter, r *http.Request, folder string) (status int) {
	text, err := os.ReadFile(filepath.Join(folder, filepath.Base(r.URL.Path)))
	if errors.Is(err, os.ErrNotExist) {
		http.NotFound(w, r)
		return http.StatusNotFound
	}
	if fields := strings.Fields(string(text)); len(fields) > 2 && fields[0] == "HTTP" {
		w.Header().Set("Retry-After", fields[2])
		status, _ = strconv.Atoi(fields[1])
		w.WriteHeader(status)
		return status
	}
	h := fnv.New64a()
	_, _ = h.Write(text)
	etag := fmt.Sprintf(`"%x"`, h.Sum64())
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return http.StatusNotModified
	}
	_, _ = w.Write(text)
	return http.StatusOK
}
