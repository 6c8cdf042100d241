package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidings/internal/state"
	"tidings/internal/state/redistest"
)

// store is what keeps snapshots.
type store interface {
	Put(ctx context.Context, name, about string, data []byte) error
	List(ctx context.Context) (map[string]string, error)
	Get(ctx context.Context, name string, limit uint64) ([]byte, error)
	Delete(ctx context.Context, name string) error
	String() string
}

// blobs are a Redis's, with what to open a second time.
func blobs(t *testing.T, settings ...string) (*state.Blobs, string) {
	t.Helper()
	url := redistest.Start(t, settings...)
	return open(t, url, state.Options{Pipeline: "p", Identity: "one"}).Blobs(), url
}

func open(t *testing.T, url string, o state.Options) *state.Redis {
	t.Helper()
	r, err := state.OpenRedis(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func stores(t *testing.T) map[string]store {
	b, _ := blobs(t)
	return map[string]store{"files": state.Files{Dir: filepath.Join(t.TempDir(), "new", "p")}, "redis": b}
}

// Properties, of each store: what is put is listed and comes back to the bit,
// whatever its name and size; put again it is replaced, deleted it is gone, and
// one that is larger than the reader wants is refused.
func TestSnapshotsComeBack(t *testing.T) {
	for kind, s := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			ctx := t.Context()
			if all, err := s.List(ctx); err != nil || len(all) > 0 {
				t.Fatalf("before there is any: %v, %v", all, err)
			}
			want := map[string]string{}
			for i, name := range []string{"df/0@7", "classify@123", "a%2Fb ../ü\n"} {
				for _, size := range []int{0, 1, 3<<20 + i, 100} {
					data := bytes.Repeat([]byte{byte(i + size)}, size)
					about := fmt.Sprintf(`{"n":%d}`, size)
					if err := s.Put(ctx, name, about, data); err != nil {
						t.Fatal(err)
					}
					got, err := s.Get(ctx, name, 1<<30)
					if err != nil || !bytes.Equal(got, data) {
						t.Fatalf("%q: %d bytes came back as %d: %v", name, size, len(got), err)
					}
					want[name] = about
				}
			}
			if all, err := s.List(ctx); err != nil || !maps.Equal(all, want) {
				t.Errorf("%v are listed, want %v (%v)", all, want, err)
			}
			if _, err := s.Get(ctx, "df/0@7", 99); err == nil || !strings.Contains(err.Error(), "100 bytes, the limit is 99") {
				t.Errorf("one that is too large: %v", err)
			}
			for range 2 {
				if err := s.Delete(ctx, "df/0@7"); err != nil {
					t.Error(err)
				}
			}
			delete(want, "df/0@7")
			if all, err := s.List(ctx); err != nil || !maps.Equal(all, want) {
				t.Errorf("%v are listed, want %v (%v)", all, want, err)
			}
			if _, err := s.Get(ctx, "df/0@7", 99); err == nil {
				t.Error("what is deleted comes back")
			}
		})
	}
}

// Properties, of a file cut short anywhere, or with any byte changed: it is not
// listed, or it is an error to get it, and never other bytes; the one beside it
// is untouched.
func TestAFileTornAnywhereIsSeen(t *testing.T) {
	ctx := t.Context()
	f := state.Files{Dir: t.TempDir()}
	for _, name := range []string{"df/0@1", "df/0@2"} {
		if err := f.Put(ctx, name, `{"part":"df/0"}`, []byte("counts of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := filepath.Glob(filepath.Join(f.Dir, "*%402*"))
	if err != nil || len(paths) != 1 {
		paths, _ = filepath.Glob(filepath.Join(f.Dir, "*2.snapshot"))
	}
	whole, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	look := func(what string, data []byte) {
		if err := os.WriteFile(paths[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := f.List(ctx)
		if err != nil || all["df/0@1"] == "" {
			t.Fatalf("%s: %v, %v", what, all, err)
		}
		if got, err := f.Get(ctx, "df/0@2", 1000); err == nil {
			t.Fatalf("%s: %q comes back", what, got)
		}
		if got, err := f.Get(ctx, "df/0@1", 1000); err != nil || string(got) != "counts of df/0@1" {
			t.Fatalf("%s: the other is %q, %v", what, got, err)
		}
	}
	for i := range whole {
		look(fmt.Sprintf("cut at %d", i), whole[:i])
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		look(fmt.Sprintf("byte %d", i), flipped)
	}
	look("longer", append(bytes.Clone(whole), 0))
}

// Properties, of a snapshot in a Redis with any byte changed, of what is known
// of it or of a part, or with a part missing: likewise.
func TestABlobTornAnywhereIsSeen(t *testing.T) {
	ctx := t.Context()
	b, url := blobs(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16+10)
	for _, name := range []string{"df/0@1", "df/0@2"} {
		if err := b.Put(ctx, name, `{"part":"df/0"}`, data); err != nil {
			t.Fatal(err)
		}
	}
	raw := redistest.Client(t, url)
	known := raw.Do(t, "HGET", "tidings:{p}:snapshots", "df/0@2")
	for i := range known {
		torn := []byte(known)
		torn[i] ^= 1
		raw.Do(t, "HSET", "tidings:{p}:snapshots", "df/0@2", string(torn))
		if got, err := b.Get(ctx, "df/0@2", 1<<30); err == nil && !bytes.Equal(got, data) {
			t.Fatalf("byte %d of what is known: %d bytes come back", i, len(got))
		}
		if all, err := b.List(ctx); err != nil || all["df/0@1"] == "" || all["df/0@2"] != "" && all["df/0@2"] != `{"part":"df/0"}` {
			t.Fatalf("byte %d of what is known: %v, %v", i, all, err)
		}
	}
	raw.Do(t, "HSET", "tidings:{p}:snapshots", "df/0@2", known)
	_, token, _ := strings.Cut(known, `"token":"`)
	token, _, _ = strings.Cut(token, `"`)
	for i := range 2 {
		key := fmt.Sprintf("tidings:{p}:snapshot:%s:%d", token, i)
		part := raw.Do(t, "GET", key)
		for _, torn := range []string{part[:len(part)-1], "X" + part[1:], ""} {
			if raw.Do(t, "SET", key, torn); torn == "" {
				raw.Do(t, "DEL", key)
			}
			if _, err := b.Get(ctx, "df/0@2", 1<<30); !errors.Is(err, state.ErrDamaged) {
				t.Errorf("part %d of %d bytes instead of %d: %v", i, len(torn), len(part), err)
			}
		}
		raw.Do(t, "SET", key, part)
	}
	if got, err := b.Get(ctx, "df/0@2", 1<<30); err != nil || !bytes.Equal(got, data) {
		t.Errorf("put together again: %d bytes, %v", len(got), err)
	}
}

// Properties, of a store that is full: what cannot be stored is an error that
// says so, leaves nothing behind but what was there, and when there is room again
// it goes on.
func TestAFullStoreIsAnError(t *testing.T) {
	ctx := t.Context()
	b, url := blobs(t, "--maxmemory", "8mb", "--maxmemory-policy", "noeviction")
	if err := b.Put(ctx, "df/0@1", "first", make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	err := b.Put(ctx, "df/0@1", "second", make([]byte, 20<<20))
	if err == nil || !strings.Contains(err.Error(), "its memory is full: raise its maxmemory") {
		t.Errorf("a snapshot of 20 MiB in 8: %v", err)
	}
	if all, err := b.List(ctx); err != nil || all["df/0@1"] != "first" {
		t.Errorf("%v, %v", all, err)
	}
	raw := redistest.Client(t, url)
	if keys := raw.Do(t, "DBSIZE"); keys != "4" { // the pipeline's, the list, two parts
		t.Errorf("%s keys are there", keys)
	}
	if err := b.Put(ctx, "df/0@2", "third", make([]byte, 1<<20)); err != nil {
		t.Error(err)
	}
}

// Properties, of a directory that cannot be written to: an error that names it,
// and what was there stays.
func TestADirectoryThatRefusesIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, []byte("no directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := state.Files{Dir: dir}
	if err := f.Put(t.Context(), "df/0@1", "", []byte("x")); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("put: %v", err)
	}
	if _, err := f.List(t.Context()); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("list: %v", err)
	}
}

// Properties: a writer that is killed in the middle leaves nothing that is
// listed, in files or in a Redis; what is left goes in time.
func TestAWriterThatDiesLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	b, url := blobs(t)
	for _, s := range []store{state.Files{Dir: dir}, b} {
		if err := s.Put(ctx, "df/0@1", "cut off", make([]byte, 5<<20)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", s, err)
		}
		if all, err := s.List(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("%s: %v, %v", s, all, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
	if keys := redistest.Client(t, url).Keys(t); !slices.Equal(keys, []string{"tidings:{p}"}) {
		t.Errorf("%v are left", keys)
	}
}
