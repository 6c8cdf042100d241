package datasets

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
)

// survey is what is known of a list of files before the first is read.
type survey struct {
	files   int    // that are read
	folders bool   // they stand in two folders or more, which can then be labels
	skipped string // the first that is not, and why
	sum     []byte
}

// look walks the list once. Its sum changes when a file comes, goes, cannot be
// read any more or changes its size, for then row numbers change their meaning;
// only the last file may grow, unless the order depends on all of it.
func look(specs []string, shuffled bool) (s survey, err error) {
	t := &tree{specs: specs}
	defer func() { err = cmp.Or(err, t.Close()) }()
	h := sha256.New()
	first, waiting := "", int64(0)
	for {
		f, err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		fmt.Fprintf(h, "%d %q", waiting, cmp.Or(f.name, filepath.Base(f.path)))
		waiting = 0
		size := sizeOf(&f)
		if f.skip != "" {
			fmt.Fprintf(h, " %q", f.skip)
			s.skipped = cmp.Or(s.skipped, f.path+" "+f.skip)
			continue
		}
		waiting = size
		s.files++
		if folder := filepath.Dir(f.path); first == "" {
			first = folder
		} else if folder != first {
			s.folders = true
		}
	}
	if shuffled {
		fmt.Fprintf(h, " %d", waiting)
	}
	s.sum = h.Sum(nil)
	return s, nil
}

// sizeOf opens the file to see that it can be, and notes when it cannot.
func sizeOf(f *found) int64 {
	if f.skip != "" {
		return 0
	}
	file, err := f.open()
	if err != nil {
		f.skip = unreadable(err)
		return 0
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		f.skip = unreadable(err)
		return 0
	}
	return info.Size()
}

// none says that there is nothing to read, and why.
func (s *survey) none(specs []string) error {
	if s.skipped != "" {
		return fmt.Errorf("%s; nothing else is there to read", s.skipped)
	}
	return fmt.Errorf("%s holds no files; hidden ones are not looked at", specs[0])
}
