package broker

import (
	"context"
	"os"
	"testing"
	"time"
)

// Properties:
//   - a reader whose caller does not come holds at most aheadBytesMax and one
//     record of large records, and its options' number of small ones;
//   - a tail holds at most its limits, however large the records.
func TestReadersHoldLittle(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "tidings-test-")
	if err != nil {
		dir = t.TempDir()
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	b, err := Open(ctx, Options{Store: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	tests := map[string]struct{ records, size int }{
		"large":   {24, 1 << 20},
		"larger":  {4, 5 << 20},
		"small":   {3000, 10},
		"nothing": {3000, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := b.CreateStream(ctx, Stream{Name: name, Subjects: []string{name}}); err != nil {
				t.Fatal(err)
			}
			tail, err := b.tail(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			a := b.Appender(name, 0)
			defer a.Close()
			for range test.records {
				if err := a.Append(name, nil, make([]byte, test.size)); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Wait(ctx); err != nil {
				t.Fatal(err)
			}
			tail.mu.Lock()
			if n := len(tail.records); n > tailRecordsMax || tail.bytes > max(tailBytesMax, test.size) || tail.bytes != n*test.size || n == 0 {
				t.Errorf("the tail holds %d records of %d bytes and says %d", n, test.size, tail.bytes)
			}
			tail.mu.Unlock()
			const ahead = 100
			p, err := b.pull(ctx, name, 1, ahead)
			if err != nil {
				t.Fatal(err)
			}
			defer p.stop()
			for full := false; !full; {
				select {
				case <-p.filled:
				case <-ctx.Done():
					t.Fatalf("the reader never holds what it may: %d records of %d", len(p.records), test.records)
				}
				p.mu.Lock()
				n := len(p.records)
				if n > ahead || p.bytes > aheadBytesMax+test.size || p.bytes != n*test.size {
					t.Errorf("the reader holds %d records of %d bytes and says %d", n, test.size, p.bytes)
				}
				full = n >= ahead || p.bytes >= aheadBytesMax
				p.mu.Unlock()
			}
		})
	}
}
