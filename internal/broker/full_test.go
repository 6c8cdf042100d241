package broker_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// Properties, of a store that has reached its limit:
//   - the record that does not fit is ErrFull, and nothing behind it is stored,
//     though it would fit;
//   - what was stored before can be read, now and when the store is opened
//     again; with a higher limit it goes on.
func TestAStoreAtItsLimit(t *testing.T) {
	ctx := brokertest.Context(t)
	o := broker.Options{Store: brokertest.Dir(t), StoreBytes: 4 << 20}
	b := brokertest.Open(t, o)
	brokertest.Stream(t, b, "s")
	a := b.Appender("s", 0)
	err := error(nil)
	for i := 0; err == nil; i++ {
		err = a.Append("s", nil, append(number('r', i), make([]byte, 200<<10)...))
	}
	if !errors.Is(err, broker.ErrFull) {
		t.Errorf("appending to a full store: %v", err)
	}
	if err := a.Append("s", nil, nil); !errors.Is(err, broker.ErrFull) {
		t.Errorf("a small record behind the one that did not fit: %v", err)
	}
	a.Close()
	stored := intact(t, b)
	if _, err := b.Put(ctx, "s", "s", "s", uint64(stored), nil, make([]byte, 200<<10)); !errors.Is(err, broker.ErrFull) {
		t.Errorf("putting into a full store: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	o.StoreBytes = 0
	b = brokertest.Open(t, o)
	if again := intact(t, b); again != stored {
		t.Errorf("of %d records %d are there again", stored, again)
	}
	fill(t, b, "s", 1, 200<<10)
}

// Properties, of a disk that is really full:
//   - the error is ErrDisk, at once, and says what the matter is;
//   - what was stored can still be read, and is there again when the store is
//     opened with room on the disk; then it goes on.
func TestADiskThatIsFull(t *testing.T) {
	brokertest.NoLeaks(t)
	ctx := brokertest.Context(t)
	dir := smallDisk(t, 12<<20)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	o := broker.Options{Store: filepath.Join(dir, "store")}
	b := brokertest.Open(t, o)
	brokertest.Stream(t, b, "s")
	a := b.Appender("s", 0)
	err := error(nil)
	for i := 0; err == nil; i++ {
		err = a.Append("s", nil, append(number('r', i), make([]byte, 200<<10)...))
	}
	a.Close()
	if !errors.Is(err, broker.ErrDisk) || !strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
		t.Errorf("appending to a full disk: %v", err)
	}
	t.Log(err)
	if _, err := b.Put(ctx, "s", "s", "s", uint64(intact(t, b)), nil, make([]byte, 200<<10)); !errors.Is(err, broker.ErrDisk) {
		t.Errorf("putting onto a full disk: %v", err)
	}
	stored := intact(t, b)
	if err := errors.Join(b.Close(), os.Remove(ballast)); err != nil {
		t.Fatal(err)
	}
	b = brokertest.Open(t, o)
	if again := intact(t, b); again != stored {
		t.Errorf("of %d records %d are there again", stored, again)
	}
	fill(t, b, "s", 1, 200<<10)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

// intact reads stream s, checks that its records are those that fill makes,
// and counts them.
func intact(t *testing.T, b *broker.Broker) int {
	t.Helper()
	records := brokertest.Records(t, b, "s")
	for i, r := range records {
		if r.Sequence != uint64(i)+1 || !bytes.HasPrefix(r.Data, number('r', i)) {
			t.Fatalf("record %d at %d is damaged", r.Sequence, i)
		}
	}
	if len(records) == 0 {
		t.Fatal("nothing is stored")
	}
	return len(records)
}

// smallDisk mounts a file system of a size.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := brokertest.Dir(t)
	disk := filepath.Join(dir, "disk")
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
