package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Cache is the folder in which data sets are kept, each in a folder of its
// name.
type Cache struct{ Dir string }

// Names beside a file in the cache.
const (
	partSuffix     = ".part"      // what has come so far
	noteSuffix     = ".part.json" // what it is a part of
	rejectedSuffix = ".rejected"  // came whole, and was not what was expected
	sumSuffix      = ".sha256"    // the checksum that was found right, as sha256sum writes it
	lockName       = ".lock"
)

// Path is where a file of a data set stands, or has to be placed by hand.
func (c Cache) Path(e Entry, f File) string { return filepath.Join(c.Dir, e.Name, f.Name) }

// State is how much of a file the cache has.
type State int

// The states.
const (
	Absent State = iota
	Begun        // a part is there; fetching goes on with it
	Here         // it is there, of the right size where that is known
)

// State tells how much of a file is there, and how many bytes.
func (c Cache) State(e Entry, f File) (State, int64) {
	path := c.Path(e, f)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && (f.Bytes == 0 || info.Size() == f.Bytes) {
		return Here, info.Size()
	}
	if info, err := os.Stat(path + partSuffix); err == nil && info.Size() > 0 {
		return Begun, info.Size()
	}
	return Absent, 0
}

// Whole says whether all files of a data set are there; never of one that is
// fetched day by day, which has no end.
func (c Cache) Whole(e Entry) bool {
	for _, f := range e.Files {
		if state, _ := c.State(e, f); state != Here {
			return false
		}
	}
	return !e.Daily()
}

// Selection is what a spec of --from names in the cache.
type Selection struct {
	Entry     Entry
	Part      string   // "": all parts
	Paths     []string // in the order in which they are read
	Folder    string   // only what is in this folder of the archive; "": all
	Documents uint64   // how many there are
}

// Resolve finds the files that a spec, such as ag-news or ag-news:test, names.
// A file that was placed by hand is checked the first time. Where one is
// missing the error says how to get it, with and without a network.
func (c Cache) Resolve(ctx context.Context, spec string) (Selection, error) {
	e, p, err := parse(spec)
	if err != nil {
		return Selection{}, err
	}
	s := Selection{Entry: e, Part: p.Name, Documents: e.Documents}
	files := e.Files
	if p.Name != "" {
		s.Folder, s.Documents = p.Folder, p.Documents
		files = nil
		for _, f := range e.Files {
			if f.Name == p.File {
				files = append(files, f)
			}
		}
	}
	for _, f := range files {
		if state, _ := c.State(e, f); state != Here {
			return Selection{}, fmt.Errorf("%s is not in the cache: %w\n%s", spec, c.absent(e, f), c.ByHand(e, []File{f}))
		}
		if err := c.check(ctx, e, f); err != nil {
			return Selection{}, err
		}
		s.Paths = append(s.Paths, c.Path(e, f))
	}
	return s, nil
}

// Check tells what is wrong with a name of a data set, or of a part of one, that
// Resolve would refuse whatever is in the cache.
func Check(spec string) error {
	_, _, err := parse(spec)
	return err
}

// parse finds a data set, and the part of it that is named.
func parse(spec string) (e Entry, p Part, err error) {
	name, part, parted := strings.Cut(spec, ":")
	if e, err = Find(name); err != nil {
		return e, p, err
	}
	if e.Daily() {
		return e, p, fmt.Errorf("%s is read for a range of days: write %s", spec, strings.Join(e.From(), ", or "))
	}
	if parted {
		p, err = e.part(part)
	}
	return e, p, err
}

func (e Entry) part(name string) (Part, error) {
	var names []string
	for _, p := range e.Parts {
		if p.Name == name {
			return p, nil
		}
		names = append(names, e.Name+":"+p.Name)
	}
	if names == nil {
		return Part{}, fmt.Errorf("%s has no parts, so it has no %.60q: write %s", e.Name, name, e.Name)
	}
	return Part{}, fmt.Errorf("%s has no part %.60q: write %s, or %s for all of it", e.Name, name, strings.Join(names, " or "), e.Name)
}

// absent says what of a file is missing.
func (c Cache) absent(e Entry, f File) error {
	path := c.Path(e, f)
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case err == nil:
		return fmt.Errorf("%s has %d bytes where %d are expected: it is cut off or something else", path, info.Size(), f.Bytes)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be read: %w", path, errors.Unwrap(err))
	}
	if state, bytes := c.State(e, f); state == Begun {
		return fmt.Errorf("of %s only the first %s are there", f.Name, Size(bytes))
	}
	return fmt.Errorf("there is no %s", path)
}

// ByHand says how files get into the cache, with a network and without one.
func (c Cache) ByHand(e Entry, files []File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  With a network: ingest datasets fetch %s\n  Without one, by hand:", e.Name)
	for _, f := range files {
		fmt.Fprintf(&b, "\n    get   %s\n    as    %s\n    check %s", strings.Join(f.URLs, "\n    or    "), c.Path(e, f), f.Check())
	}
	return b.String()
}

// Check says what tells that a file is whole.
func (f File) Check() string {
	size := fmt.Sprintf("%d bytes", f.Bytes)
	if f.Bytes == 0 {
		size = "about " + Size(f.About)
	}
	if f.SHA256 == "" {
		return size + "; no checksum is published: that of the first download is kept beside the file and checked from then on"
	}
	return size + ", sha256 " + f.SHA256
}

// check makes sure that a file is what it should be, unless that was done
// before, and keeps its checksum beside it.
func (c Cache) check(ctx context.Context, e Entry, f File) error {
	path := c.Path(e, f)
	if kept, err := readSum(path); err == nil && (f.SHA256 == "" || kept == f.SHA256) {
		return nil
	}
	sum, err := fileSum(ctx, path, nil)
	if err != nil {
		return fmt.Errorf("%s cannot be checked: %w", path, err)
	}
	if f.SHA256 != "" && sum != f.SHA256 {
		return fmt.Errorf("%s is not the file that is expected: its sha256 is %s; delete it and get it again\n%s", path, sum, c.ByHand(e, []File{f}))
	}
	_ = writeSum(path, sum) // in a folder that is only read it is checked each time
	return nil
}

// readSum reads the checksum that is kept beside a file.
func readSum(path string) (string, error) {
	text, err := os.ReadFile(path + sumSuffix)
	if err != nil {
		return "", err
	}
	return parseSum(string(text))
}

// parseSum reads the first line of a file as sha256sum writes it.
func parseSum(text string) (string, error) {
	sum, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return "", errors.New("this is no sha256 checksum")
	}
	return strings.ToLower(sum), nil
}

func writeSum(path, sum string) error {
	return writeFile(path+sumSuffix, []byte(sum+"  "+filepath.Base(path)+"\n"))
}

// writeFile writes a small file whole or not at all.
func writeFile(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(0o644), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// fileSum is the SHA-256 of a file, in hexadecimal. read is told how many
// bytes were read so far.
func fileSum(ctx context.Context, path string, read func(int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, copyBytes)
	for total := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if total += int64(n); read != nil {
			read(total)
		}
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Size writes a number of bytes for people.
func Size(bytes int64) string {
	units := [...]string{"bytes", "KiB", "MiB", "GiB"}
	value, unit := float64(bytes), 0
	for value >= 1023.5 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	if unit > 0 && value < 9.95 {
		return fmt.Sprintf("%.1f %s", value, units[unit])
	}
	return fmt.Sprintf("%.0f %s", value, units[unit])
}
