package catalogue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Properties, of a server that behaves:
//   - the file is in the cache, byte for byte, with its checksum, whether one
//     is published or not, and whether the server tells its size or not;
//   - a second time nothing is asked for;
//   - progress ends with all bytes, and never goes back.
func TestAFileIsFetchedOnce(t *testing.T) {
	data := bulk()
	streamed := func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(data); i += 100_000 {
			_, _ = w.Write(data[i:min(i+100_000, len(data))])
			_ = http.NewResponseController(w).Flush()
		}
		return true
	}
	for name, published := range map[string]bool{"published": true, "not published": false} {
		for how, answer := range map[string]func(int, http.ResponseWriter, *http.Request) bool{"with a length": nil, "without": streamed} {
			t.Run(name+" "+how, func(t *testing.T) {
				s := newServer(t, data, answer)
				c, e := Cache{t.TempDir()}, thing(data, published)
				f, _ := fetcher(t, c, s.URL+"/")
				last := Progress{}
				f.o.Progress = func(p Progress) {
					if p.Done < last.Done && p.Stage == last.Stage {
						t.Errorf("%+v after %+v", p, last)
					}
					last = p
				}
				if err := f.Fetch(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				whole(t, c, e, data)
				if last.Done != int64(len(data)) {
					t.Errorf("the last progress is %+v", last)
				}
				if ranges, sent := s.asked(); len(ranges) != 1 || sent != int64(len(data)) {
					t.Errorf("%d requests, %d bytes", len(ranges), sent)
				}
				s.forget()
				last = Progress{}
				if err := f.Fetch(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				if ranges, _ := s.asked(); len(ranges) != 0 {
					t.Errorf("asked again: %q", ranges)
				}
			})
		}
	}
}

// Properties, of a part that an earlier run left:
//   - where it surely is one, only the rest is asked for and sent;
//   - where the file has changed, the server does not go on in the middle or
//     the part is none, all of it is fetched, and is right in the end;
//   - a part that is whole is not asked for at all.
func TestAPartIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	tests := map[string]struct {
		published bool
		part      []byte
		note      string // URL stands for the file's address
		etag      string
		answer    func(int, http.ResponseWriter, *http.Request) bool
		sent      int
		told      string
	}{
		"the same file":                  {true, data[:half], `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half, ""},
		"no checksum but the same ETag":  {false, data[:half], `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half, ""},
		"no note but a checksum":         {true, data[:half], "", "", nil, len(data) - half, ""},
		"from another mirror":            {true, data[:half], `{"url":"http://elsewhere.example/","etag":"\"two\""}`, `"one"`, nil, len(data) - half, ""},
		"no checksum, another address":   {false, data[:half], `{"url":"http://elsewhere.example/","etag":"\"one\""}`, `"one"`, nil, len(data), "cannot be gone on with"},
		"no checksum and no validator":   {false, data[:half], `{"url":"URL"}`, "", nil, len(data), "cannot be gone on with"},
		"a weak validator alone":         {false, data[:half], `{"url":"URL","etag":"W/\"one\""}`, "", nil, len(data), "cannot be gone on with"},
		"changed at the source":          {false, data[:half], `{"url":"URL","etag":"\"old\""}`, `"one"`, nil, len(data), "has changed at its source"},
		"a note that is none":            {true, data[:half], `{"url":`, `"one"`, nil, len(data) - half, ""},
		"longer than the file":           {true, append(data[:len(data):len(data)], 1), "", `"one"`, nil, len(data), "cannot be gone on with"},
		"whole already":                  {true, data, "", `"one"`, nil, 0, ""},
		"whole already, nobody knows it": {false, data, `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data), "416"},
		"damaged":                        {true, make([]byte, half), `{"url":"URL","etag":"\"one\""}`, `"one"`, nil, len(data) - half + len(data), "is fetched from its beginning"},
		"a server without ranges": {true, data[:half], `{"url":"URL","etag":"\"one\""}`, "", func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write(data)
			return true
		}, len(data), "does not go on in the middle"},
		"a server that gives another range": {true, data[:half], "", "", func(n int, w http.ResponseWriter, _ *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-9/%d", len(data)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(data[:10])
			return true
		}, 10 + len(data), "was asked for what follows byte"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, data, test.answer)
			s.etag = test.etag
			c, e := Cache{t.TempDir()}, thing(data, test.published)
			begun(t, c, e, test.part, strings.ReplaceAll(test.note, "URL", s.URL+"/thing/thing.bin"))
			f, n := fetcher(t, c, s.URL)
			if err := f.Fetch(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			whole(t, c, e, data)
			if _, sent := s.asked(); sent > int64(test.sent)+64 || sent < int64(test.sent) { // 64: the text of an error
				t.Errorf("%d bytes were sent, want %d", sent, test.sent)
			}
			if !strings.Contains(n.String(), test.told) || test.told == "" && n.String() != "" {
				t.Errorf("told %q, want %q", n, test.told)
			}
		})
	}
}

// Properties, of a run that is stopped in the middle: the part is kept, who
// stopped it is told so, and the next run asks for the rest alone.
func TestACancelledFetchIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	s := newServer(t, data, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:half])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, false)
	f, n := fetcher(t, c, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.o.Progress = func(p Progress) {
		if p.Done == int64(half) {
			cancel()
		}
	}
	if err := f.Fetch(ctx, e); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	if want := "stopped: 512 KiB of 1.0 MiB of thing.bin have come and are kept; the same command goes on from there"; n.String() != want {
		t.Errorf("told %q, want %q", n, want)
	}
	f, _ = fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if ranges, sent := s.asked(); sent != int64(len(data)) || ranges[1] != fmt.Sprintf("bytes=%d-", half) {
		t.Errorf("%d bytes were sent of %d, for %q", sent, len(data), ranges)
	}
}

// Properties, of a process that is killed in the middle (kill -9): another one
// goes on, the bytes are equal, and no byte that was stored is sent again.
func TestAKilledFetchIsGoneOnWith(t *testing.T) {
	data := bulk()
	half := len(data) / 2
	s := newServer(t, data, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:half])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // until the process is gone
		return true
	})
	c, e := Cache{t.TempDir()}, thing(data, true)
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), child+"="+s.URL+" "+c.Dir)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		<-look.C
		if _, bytes := c.State(e, e.Files[0]); bytes == int64(half) {
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("the process does not begin")
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	f, _ := fetcher(t, c, s.URL)
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	ranges, sent := s.asked()
	if sent != int64(len(data)) || len(ranges) != 2 || ranges[1] != fmt.Sprintf("bytes=%d-", half) {
		t.Errorf("%d bytes were sent of %d, for %q", sent, len(data), ranges)
	}
}

// Properties: of several that want the same one fetches and the others wait,
// say so, and find it there; who is stopped while waiting ends.
func TestOneFetchesAndTheOthersWait(t *testing.T) {
	data := bulk()
	here, release := make(chan struct{}), make(chan struct{})
	s := newServer(t, data, func(int, http.ResponseWriter, *http.Request) bool {
		close(here)
		<-release
		return false
	})
	c, e := Cache{t.TempDir()}, thing(data, true)
	first, _ := fetcher(t, c, s.URL)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := first.Fetch(t.Context(), e); err != nil {
			t.Error(err)
		}
	})
	<-here
	ctx, cancel := context.WithCancel(t.Context())
	impatient, _ := fetcher(t, c, s.URL)
	impatient.o.Notice = func(string) { cancel() }
	if err := impatient.Fetch(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while waiting: %v", err)
	}
	second, _ := fetcher(t, c, s.URL)
	second.o.Notice = func(notice string) {
		if !strings.Contains(notice, "another process is fetching thing") {
			t.Errorf("told %q", notice)
		}
		close(release)
	}
	if err := second.Fetch(t.Context(), e); err != nil {
		t.Error(err)
	}
	wg.Wait()
	whole(t, c, e, data)
	if ranges, _ := s.asked(); len(ranges) != 1 {
		t.Errorf("%d requests", len(ranges))
	}
}

// Properties: a file that was changed, or is of another size, is told of and
// left alone; one that was placed by hand and is right gets its checksum.
func TestAFileThatIsThereIsChecked(t *testing.T) {
	data := bulk()
	s := newServer(t, data, nil)
	tests := map[string]struct {
		published bool
		there     []byte
		kept      string
		want      string
	}{
		"placed by hand":        {true, data, "", ""},
		"nobody knows its sum":  {false, data[:100], "", ""},
		"changed":               {true, make([]byte, len(data)), "", "was changed: its sha256 is"},
		"changed since fetched": {false, data, strings.Repeat("ab", 32) + "  thing.bin\n", "was changed: its sha256 is"},
		"cut off":               {true, data[:100], "", "has 100 bytes where 1048593 are expected"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, e := Cache{t.TempDir()}, thing(data, test.published)
			path := c.Path(e, e.Files[0])
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, test.there)
			if test.kept != "" {
				write(t, path+sumSuffix, []byte(test.kept))
			}
			f, _ := fetcher(t, c, s.URL)
			err := f.Fetch(t.Context(), e)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if got, _ := os.ReadFile(path); string(got) != string(test.there) {
				t.Error("the file was changed")
			}
			if _, err := readSum(path); (err == nil) != (test.want == "" || test.kept != "") {
				t.Errorf("the checksum: %v", err)
			}
		})
	}
	if ranges, _ := s.asked(); len(ranges) != 0 {
		t.Errorf("asked for %q", ranges)
	}
}

// Properties: on a full disk it ends at once, says how much is missing and what
// to do, and keeps what has come; with room it asks for the rest alone.
func TestAFullDisk(t *testing.T) {
	data := bulk()
	s := newServer(t, data, nil)
	disk := smallDisk(t, 3<<19)
	ballast := filepath.Join(disk, "ballast")
	write(t, ballast, make([]byte, 1<<20))
	c, e := Cache{filepath.Join(disk, "cache")}, thing(data, true)
	f, _ := fetcher(t, c, s.URL)
	err := f.Fetch(t.Context(), e)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("on a full disk: %v", err)
	}
	t.Log(err)
	state, kept := c.State(e, e.Files[0])
	if state != Begun || kept == 0 {
		t.Fatalf("%d bytes are kept", kept)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.forget()
	if err := f.Fetch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	whole(t, c, e, data)
	if _, sent := s.asked(); sent != int64(len(data))-kept {
		t.Errorf("%d bytes were sent, %d were kept", sent, kept)
	}
}

// Properties: a cache that cannot be made or written is told of by its name,
// with the flag that names another.
func TestACacheThatCannotBeWritten(t *testing.T) {
	s := newServer(t, bulk(), nil)
	blocked := filepath.Join(t.TempDir(), "file")
	write(t, blocked, nil)
	f, _ := fetcher(t, Cache{filepath.Join(blocked, "cache")}, s.URL)
	err := f.Fetch(t.Context(), thing(bulk(), true))
	if err == nil || !strings.Contains(err.Error(), "--cache") || !strings.Contains(err.Error(), blocked) {
		t.Errorf("a cache that cannot be made: %v", err)
	}
}

// smallDisk mounts a file system of a size.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mount(disk, size); err != nil {
		if os.Getenv("CI") == "true" && os.Getuid() == 0 {
			t.Fatalf("A FULL DISK CANNOT BE TRIED: %v", err)
		}
		t.Skipf("A FULL DISK CANNOT BE TRIED: %v; run the test as root where a file system can be mounted, without it nothing is proven about full disks", err)
	}
	t.Cleanup(func() {
		if err := unmount(disk); err != nil {
			t.Error(err)
		}
	})
	return disk
}
