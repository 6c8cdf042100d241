package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A name that is shown:
//
//   - is valid UTF-8 without control characters, of at most NameBytesMax bytes;
//   - leads nowhere: it is not absolute and has no "..".
func TestNamesLeadNowhere(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.txt": "a/b.txt", "./a//b.txt": "a/b.txt", "/etc/passwd": "etc/passwd", "../../etc/passwd": "etc/passwd", "a/../../b": "b",
		`..\..\windows\x`: "windows/x", "": "", "..": "", "/": "", "a\x00b\nc": "a\ufffdb\ufffdc", "caf\xe9": "caf\ufffd", "sport/": "sport",
	} {
		if got := Clean(name); got != want {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
	long := Clean(strings.Repeat("ä", NameBytesMax) + "/end")
	if len(long) > NameBytesMax || !utf8.ValidString(long) || !strings.HasSuffix(long, "/end") {
		t.Errorf("a long name has %d bytes: %q", len(long), long)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("../../a")
	f.Fuzz(func(t *testing.T, name string) {
		got := Clean(name)
		if !utf8.ValidString(got) || len(got) > NameBytesMax || strings.HasPrefix(got, "/") {
			t.Fatalf("%q is shown as %q", name, got)
		}
		for part := range strings.SplitSeq(got, "/") {
			if part == ".." {
				t.Fatalf("%q is shown as %q", name, got)
			}
		}
	})
}

func TestHiddenFilesAreKnown(t *testing.T) {
	for name, want := range map[string]bool{
		"a/b": false, "a.b/c": false, ".DS_Store": true, "a/.git/b": true, "__MACOSX/a/b": true, "a/Thumbs.db": true, "_a": false,
	} {
		if got := Hidden(name); got != want {
			t.Errorf("%q hidden: %v", name, got)
		}
	}
}

// members reads an archive to its end, each member as "name=content".
func members(r Reader) (all []string, err error) {
	for {
		m, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if m.Skip != "" {
			all = append(all, m.Name+" "+m.Skip)
			continue
		}
		content, err := io.ReadAll(m.Body)
		if r.Broken() != nil {
			return all, r.Broken()
		}
		if err != nil {
			all = append(all, m.Name+" "+err.Error())
			continue
		}
		all = append(all, m.Name+"="+string(content))
	}
}

func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := ""
		if h.Typeflag == 0 || h.Typeflag == tar.TypeReg {
			content = "content of " + h.Name
		}
		h.Size, h.Mode = int64(len(content)), 0o600
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTarTellsWhatIsNoFile(t *testing.T) {
	whole := tarOf(t,
		tar.Header{Name: "d/", Typeflag: tar.TypeDir}, tar.Header{Name: "d/a"}, tar.Header{Name: "d/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		tar.Header{Name: "d/hard", Typeflag: tar.TypeLink, Linkname: "d/a"}, tar.Header{Name: "pipe", Typeflag: tar.TypeFifo}, tar.Header{Name: "../../up"},
		tar.Header{Name: "d/.hidden"}, tar.Header{Name: "__MACOSX/d/._a"}, tar.Header{Name: "sparse", PAXRecords: map[string]string{"XXX.sparse.major": "x"}, Format: tar.FormatPAX},
	)
	whole = bytes.Replace(whole, []byte("XXX.sparse"), []byte("GNU.sparse"), 1) // which the writer would not write
	if !IsTar(whole[:TarHeadBytes]) || IsTar([]byte(strings.Repeat("{}\n", 200))) || IsTar(make([]byte, TarHeadBytes)) {
		t.Error("tar is not told from text")
	}
	all, err := members(NewTar(bytes.NewReader(whole)))
	got := strings.Join(all, "\n")
	want := "d/a=content of d/a\nd/link is a symbolic link, which is not followed\nd/hard is a hard link, a second name of a file that was read already\n" +
		"pipe is a device or a pipe, not a file\nup=content of ../../up\nsparse is a sparse file, whose size says nothing of what it holds"
	if err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

// A tar archive that is cut off at any byte gives the members before the cut
// and then an error, until nothing but the mark of its end is missing.
func TestACutTarIsNotTakenForAWholeOne(t *testing.T) {
	whole := tarOf(t, tar.Header{Name: "a"}, tar.Header{Name: strings.Repeat("long/", 60) + "b"}, tar.Header{Name: "c"})
	want, err := members(NewTar(bytes.NewReader(whole)))
	if err != nil || len(want) != 3 {
		t.Fatalf("%v, %q", err, want)
	}
	for cut := range len(whole) {
		got, err := members(NewTar(bytes.NewReader(whole[:cut])))
		if len(got) > len(want) || strings.Join(got, "\n") != strings.Join(want[:len(got)], "\n") {
			t.Fatalf("cut at %d: %q", cut, got)
		}
		if err == nil && cut < len(whole)-tarBlock {
			t.Fatalf("cut at %d of %d: no error, %d members", cut, len(whole), len(got))
		}
	}
}

func zipOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if strings.Contains(name, "link") {
			h.SetMode(0o777 | 1<<27) // fs.ModeSymlink
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, "content of "+name)
		}
		if err != nil && !strings.HasSuffix(name, "/") {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZipTellsWhatIsNoFile(t *testing.T) {
	whole := zipOf(t, "d/", "d/a", "d/link", "/etc/passwd", "__MACOSX/d/._a", "d/.DS_Store", `up\..\..\b`)
	z, err := NewZip(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := members(z)
	want := "d/a=content of d/a|d/link is a symbolic link, which is not followed|etc/passwd=content of /etc/passwd|b=content of " + `up\..\..\b`
	if got := strings.Join(all, "|"); err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestADamagedZipMemberLeavesTheOthers(t *testing.T) {
	whole := zipOf(t, "a", "b", "c")
	at := bytes.Index(whole, []byte("b")) + 3 // in the content of b
	whole[at] ^= 0xff
	z, err := NewZip(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := members(z)
	if err != nil || len(all) != 3 || all[0] != "a=content of a" || strings.Contains(all[1], "=") || all[2] != "c=content of c" {
		t.Errorf("got %v, %q", err, all)
	}
}

func TestEveryCutOfAZipIsAnError(t *testing.T) {
	whole := zipOf(t, "a", "b")
	for cut := range len(whole) {
		if _, err := NewZip(bytes.NewReader(whole[:cut]), int64(cut)); err == nil {
			t.Fatalf("cut at %d of %d: no error", cut, len(whole))
		}
	}
}

func TestAZipsTableOfContentsIsLimited(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	name := strings.Repeat("n", 60_000)
	for i := range ZipDirectoryBytesMax/len(name) + 10 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, name)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := NewZip(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil || !strings.Contains(err.Error(), "limit of 16 MiB") {
		t.Errorf("got %v", err)
	}
}

// endless gives zeros for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestABombEnds(t *testing.T) {
	var e Expansion
	if _, err := e.Compressed(strings.NewReader(strings.Repeat("x", 1<<20))).Read(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	bomb := (*BombError)(nil)
	n, err := io.Copy(io.Discard, e.Expanded(endless{}))
	if !errors.As(err, &bomb) || n > ExpandFreeBytes+1<<20 {
		t.Errorf("after %d bytes: %v", n, err)
	}
	e = Expansion{compressed: 10 << 20}
	if n, err := io.Copy(io.Discard, e.Expanded(io.LimitReader(endless{}, 10<<20*ExpandRatioMax))); err != nil {
		t.Errorf("at the ratio allowed, after %d bytes: %v", n, err)
	}
}

// FuzzArchive reads anything as an archive: nothing panics, everything ends.
func FuzzArchive(f *testing.F) {
	f.Add(tarOf(f, tar.Header{Name: "a"}, tar.Header{Name: "l", Typeflag: tar.TypeSymlink}))
	f.Add(zipOf(f, "a", "link"))
	f.Fuzz(func(t *testing.T, content []byte) {
		names := func(r Reader) {
			for {
				m, err := r.Next()
				if err != nil {
					return
				}
				if m.Name == "" || (m.Skip == "") != (m.Body != nil) {
					t.Fatalf("member %+v", m)
				}
				if m.Body != nil {
					_, _ = io.Copy(io.Discard, io.LimitReader(m.Body, 1<<20))
				}
			}
		}
		names(NewTar(bytes.NewReader(content)))
		if z, err := NewZip(bytes.NewReader(content), int64(len(content))); err == nil {
			names(z)
		}
	})
}
