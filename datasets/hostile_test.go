package datasets

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"tidings/datasets/archive"
)

// An archive, or a folder's file, that is cut off at any byte gives rows that
// are the beginning of its rows; what is lost is told, by an error or by a row.
func TestEveryCutOfAContainerIsTold(t *testing.T) {
	prose := "Some words, of no matter. "
	files := content{"a/1.txt": prose + "one", "b/2.jsonl": twoRows, "b/3.csv.gz": gzipped(t, "id,title\n3,three\n4,four\n"), "c/4": prose + "four"}
	tarred := files.tar(t)
	packed := map[string]string{"tar": tarred, "tar.gz": gzipped(t, tarred), "tar.zst": zstded(t, tarred), "zip": files.zip(t)}
	for name, whole := range packed {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "corpus")
			read := func(content string) ([]Row, error) {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				_, rows, err := readAll(t, path, Options{})
				checkRows(t, rows)
				return rows, err
			}
			wanted, err := read(whole)
			if err != nil || len(wanted) != 6 {
				t.Fatalf("%q, %v", told(wanted, path), err)
			}
			want := told(wanted, path)
			for cut := range len(whole) {
				if cut > 0 && cut%64 > 0 && whole[cut-1] == 0 && whole[cut] == 0 {
					continue // a tar is padded with zeros
				}
				rows, err := read(whole[:cut])
				if err == nil && cut > 0 && !(name == "tar" && cut >= len(whole)-512) { // a tar's end mark is two blocks, of which one will do
					t.Fatalf("cut at %d of %d: no error", cut, len(whole))
				}
				for i, got := range told(rows, path) {
					if rows[i].Err == nil && got != want[i] {
						t.Fatalf("cut at %d: row %d is %q, want %q", cut, i+1, got, want[i])
					}
				}
				if err != nil && (!strings.Contains(err.Error(), path) || len(err.Error()) > 600) {
					t.Fatalf("cut at %d: %v", cut, err)
				}
			}
		})
	}
}

func TestADamagedFileAmongOthersIsTold(t *testing.T) {
	many := gzipped(t, strings.Repeat(twoRows, 100))
	files := content{"1.jsonl.gz": many[:len(many)-10], "2.jsonl": twoRows, "3.tar": content{"a": "one", "b": "two"}.tar(t)[:1300], "4.jsonl": twoRows}
	folder := files.folder(t)
	_, rows := mustRead(t, folder, Options{})
	got := told(rows, folder)
	if len(got) != 200+1+2+1+1+2 {
		t.Fatalf("%d rows: %.900q", len(got), got[200:])
	}
	for at, want := range map[int]string{
		200: "1.jsonl.gz is cut off: its gzip stream ends in the middle, after",
		203: "3.tar:a:1 3.tar:a/ : one",
		204: "3.tar is cut off: its tar archive ends in the middle, after",
	} {
		if !strings.HasPrefix(got[at], want) {
			t.Errorf("row %d is %q, want %q", at+1, got[at], want)
		}
	}
	// The last file ends the source, as it does alone: when it is repaired,
	// reading goes on with the rows that were lost.
	delete(files, "4.jsonl")
	delete(files, "3.tar")
	files["3.jsonl.gz"] = many[:len(many)-10]
	folder = files.folder(t)
	source, rows, err := readAll(t, folder, Options{})
	if err == nil || !strings.Contains(err.Error(), "3.jsonl.gz is cut off") || len(rows) != 200+1+2+200 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := os.WriteFile(filepath.Join(folder, "3.jsonl.gz"), []byte(many), 0o600); err != nil {
		t.Fatal(err)
	}
	repaired, rows := mustRead(t, folder, Options{})
	if repaired.Name != source.Name || len(rows) != 200+1+2+200 {
		t.Errorf("repaired it is %s with %d rows, before %s", repaired.Name, len(rows), source.Name)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	outside := content{"secret.txt": "outside, really"}.folder(t)
	folder := content{"a/in.txt": "inside, really", "b/x.txt": "x"}.folder(t)
	for link, to := range map[string]string{"a/loop": "..", "a/out": outside, "a/out.txt": filepath.Join(outside, "secret.txt"), "a/same.txt": "in.txt", "a/broken": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "a/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, rows := mustRead(t, folder, Options{})
	got := strings.Join(told(rows, folder), "\n")
	want := "a/broken is a symbolic link, which is not followed; name what it leads to; the other files are read\n" +
		"a/in.txt:1 a/in.txt/a : inside, really\n" +
		"a/loop is a symbolic link, which is not followed; name what it leads to; the other files are read\n" +
		"a/out is a symbolic link, which is not followed; name what it leads to; the other files are read\n" +
		"a/out.txt is a symbolic link, which is not followed; name what it leads to; the other files are read\n" +
		"a/pipe is a device or a pipe, not a file; the other files are read\n" +
		"a/same.txt is a symbolic link, which is not followed; name what it leads to; the other files are read\n" +
		"b/x.txt:1 b/x.txt/b : x"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// One that is named is meant.
	if _, rows := mustRead(t, filepath.Join(folder, "a/out"), Options{}); len(rows) != 1 {
		t.Errorf("a link that is named gives %q", told(rows, ""))
	}
}

func TestFoldersHaveADepth(t *testing.T) {
	deep := strings.Repeat("d/", foldersDeepMax+5)
	_, rows := mustRead(t, content{deep + "x.txt": "x", "a.txt": "a"}.folder(t), Options{})
	if len(rows) != 2 || rows[1].Err == nil || !strings.Contains(rows[1].Err.Error(), "more than 64 deep") {
		t.Errorf("%q", told(rows, ""))
	}
}

// asNobody runs f without the rights that a superuser has. They are a thread's
// on Linux.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	set := func(id uintptr) { _, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, id, 0, 0) }
	set(nobody)
	defer set(0)
	f()
}

func TestWhatMayNotBeReadIsTold(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("MISSING: rights of a thread, which Linux has; NOTHING WAS TESTED")
	}
	folder := content{"a/1.txt": "one", "a/2.txt": "two", "b/3.txt": "three", "c/4.txt": "four"}.folder(t)
	for path := folder; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{"a/2.txt": 0, "b": 0} {
		if err := os.Chmod(filepath.Join(folder, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	var closed *Source
	asNobody(t, func() {
		var rows []Row
		closed, rows = mustRead(t, folder, Options{})
		got := strings.Join(told(rows, folder), "\n")
		want := "a/1.txt:1 a/1.txt/a : one\na/2.txt cannot be read: permission denied; the other files are read\n" +
			"b cannot be read: permission denied; the other files are read\nc/4.txt:1 c/4.txt/c : four"
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		for _, spec := range []string{folder + "/a/2.txt", folder + "/b"} {
			if _, _, err := Open(spec, Options{}); err == nil || !strings.Contains(err.Error(), spec+" cannot be read: permission denied") {
				t.Errorf("%s: %v", spec, err)
			}
		}
	})
	for _, path := range []string{"a/2.txt", "b"} {
		if err := os.Chmod(filepath.Join(folder, path), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	open, rows := mustRead(t, folder, Options{})
	if len(rows) != 4 || open.Name == closed.Name {
		t.Errorf("when all may be read there are %d rows, of %s; before it was %s", len(rows), open.Name, closed.Name)
	}
}

// The name of a list of files changes when row numbers change their meaning,
// and only then.
func TestAListKeepsItsNameWhileItsRowsKeepTheirNumbers(t *testing.T) {
	files := content{"1.jsonl": twoRows, "2.jsonl": twoRows}
	folder := files.folder(t)
	name := func(o Options, specs ...string) string {
		source, _, err := readSeveral(t, specs, o)
		if err != nil {
			t.Fatal(err)
		}
		return source.Name
	}
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(1)
	first, list, shuffled := name(Options{}, folder), name(Options{}, folder+"/1.jsonl", folder+"/2.jsonl"), name(Options{Shuffle: &seed}, folder)
	if pattern := name(Options{}, folder+"/*.jsonl"); pattern != list {
		t.Errorf("a pattern is %s, what it matches is %s", pattern, list)
	}
	if again := name(Options{}, folder+"/."); again != first {
		t.Errorf("named otherwise it is %s, not %s", again, first)
	}
	if turned := name(Options{}, folder+"/2.jsonl", folder+"/1.jsonl"); turned == list {
		t.Error("another order has the same name")
	}
	put("2.jsonl", twoRows+twoRows)
	if grown := name(Options{}, folder); grown != first {
		t.Error("the last file grew, and the name changed")
	}
	if grown := name(Options{Shuffle: &seed}, folder); grown == shuffled {
		t.Error("the last file grew, and the order with it, but not the name")
	}
	put("1.jsonl", twoRows+twoRows)
	grown := name(Options{}, folder)
	if grown == first {
		t.Error("the first file grew, and the name stayed")
	}
	put("3.jsonl", twoRows)
	if more := name(Options{}, folder); more == grown {
		t.Error("a file came, and the name stayed")
	}
}

func TestABombEndsWithAClearError(t *testing.T) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	const blocks = 400 // of a MiB
	sum := crc32.NewIEEE()
	line := []byte(strings.Repeat(strings.Repeat("x", 1<<14-1)+"\n", 1<<6))
	for range blocks {
		if _, err := io.MultiWriter(w, sum).Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	header := "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	gzipBomb := header + b.String()
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for i := range 3 {
		f, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%d.jsonl", i), Method: zip.Deflate, CRC32: sum.Sum32(), CompressedSize64: uint64(b.Len()), UncompressedSize64: blocks << 20})
		if err == nil {
			_, err = f.Write(b.Bytes())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tarred := content{"bomb.jsonl.gz": gzipBomb, "good.jsonl": twoRows}.tar(t)
	for name, tt := range map[string]struct {
		file, content string
		rows          bool // the bomb is a row, and the rest is read
	}{
		"gzip":              {file: "a.jsonl.gz", content: gzipBomb},
		"zip":               {file: "a.zip", content: zipped.String()},
		"a member of a tar": {file: "a.tar", content: tarred, rows: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, r, err := Open(write(t, tt.file, tt.content), Options{Format: FormatJSONL})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for {
				var row Row
				if row, err = r.Next(); err != nil {
					break
				}
				if whole := (*RowError)(nil); errors.As(row.Err, &whole) && whole.Whole {
					if !tt.rows || !strings.Contains(row.Err.Error(), "as a bomb does") {
						t.Errorf("%v", row.Err)
					}
				}
			}
			if tt.rows {
				if err != io.EOF {
					t.Error(err)
				}
			} else if err == io.EOF || !strings.Contains(err.Error(), "more than 200 times its compressed size, as a bomb does") {
				t.Error(err)
			}
		})
	}
	if archive.ExpandFreeBytes >= blocks<<20 {
		t.Error("the bomb is no bomb")
	}
}

func TestAZipFromAPipeSaysWhatToDo(t *testing.T) {
	_, _, err := Open("-", Options{Stdin: strings.NewReader(content{"a": "b"}.zip(t))})
	if err == nil || !strings.Contains(err.Error(), "save it and give the file") {
		t.Error(err)
	}
	_, _, err = OpenAll([]string{"-", write(t, "a", twoRows)}, Options{Stdin: strings.NewReader(twoRows)})
	if err == nil || !strings.Contains(err.Error(), "standard input is a source alone") {
		t.Error(err)
	}
	_, _, err = Open(write(t, "a.xlsx", content{"[Content_Types].xml": "<x/>", "xl/b.xml": "<x/>"}.zip(t)), Options{})
	if err == nil || !strings.Contains(err.Error(), "spreadsheet") {
		t.Error(err)
	}
}
