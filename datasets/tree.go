package datasets

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"tidings/datasets/archive"
)

// foldersDeepMax is how deep folders may stand in each other.
const foldersDeepMax = 64

// found is a file that a source names, by itself or by a folder above it.
type found struct {
	path string   // as it is told: what was given, and the way from there
	name string   // the way from the folder that was given; "" when the file was
	root *os.Root // the folder that was given, from which it is opened; nil: it was given
	skip string   // why it is not read, as in "is a symbolic link"; "" when it is
}

// open opens the file. Below a folder nothing leads out of it, whatever became
// of the folder since it was listed.
func (f *found) open() (*os.File, error) {
	if f.root != nil {
		return f.root.Open(f.name)
	}
	return os.Open(f.path)
}

// tree walks files in the order in which they were given, and those of a folder
// in the order of their names. Of each folder on the way it holds the list.
type tree struct {
	specs []string // not looked at yet
	spec  string   // the folder that is walked
	root  *os.Root
	way   []folder
}

// folder is one on the way down.
type folder struct {
	name string // from the root
	list []fs.DirEntry
}

// next returns io.EOF after the last file.
func (t *tree) next() (found, error) {
	for {
		if len(t.way) == 0 {
			if err := t.Close(); err != nil {
				return found{}, err
			}
			if len(t.specs) == 0 {
				return found{}, io.EOF
			}
			spec := t.specs[0]
			t.specs = t.specs[1:]
			info, err := os.Stat(spec)
			if err != nil {
				return found{path: spec, skip: unreadable(err)}, nil
			}
			if info.Mode().IsRegular() {
				return found{path: spec}, nil
			}
			if !info.IsDir() {
				return found{path: spec, skip: "is a device or a pipe, which is read alone, not among files"}, nil
			}
			if t.root, err = os.OpenRoot(spec); err != nil {
				return found{path: spec, skip: unreadable(err)}, nil
			}
			t.spec = spec
			if skip := t.enter("."); skip != "" {
				return found{path: spec, skip: skip}, nil
			}
			continue
		}
		last := &t.way[len(t.way)-1]
		if len(last.list) == 0 {
			t.way = t.way[:len(t.way)-1]
			continue
		}
		entry := last.list[0]
		last.list = last.list[1:]
		if archive.Hidden(entry.Name()) {
			continue
		}
		f := found{name: path.Join(last.name, entry.Name()), root: t.root}
		f.path = filepath.Join(t.spec, f.name)
		switch {
		case entry.IsDir():
			if f.skip = t.enter(f.name); f.skip == "" {
				continue
			}
		case entry.Type()&fs.ModeSymlink != 0:
			f.skip = "is a symbolic link, which is not followed; name what it leads to"
		case !entry.Type().IsRegular():
			f.skip = "is a device or a pipe, not a file"
		}
		return f, nil
	}
}

// enter goes down into a folder, or says why not.
func (t *tree) enter(name string) (skip string) {
	if len(t.way) == foldersDeepMax {
		return fmt.Sprintf("is a folder more than %d deep", foldersDeepMax)
	}
	f, err := t.root.Open(name)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	if err != nil {
		return unreadable(err)
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	t.way = append(t.way, folder{name: name, list: list})
	return ""
}

// Close closes the folder that is walked.
func (t *tree) Close() error {
	if t.root == nil {
		return nil
	}
	err := t.root.Close()
	t.root, t.way = nil, nil
	return err
}

// unreadable says why something cannot be opened, without repeating its name.
func unreadable(err error) string {
	if number := syscall.Errno(0); errors.As(err, &number) {
		return "cannot be read: " + number.Error()
	}
	return "cannot be read: " + err.Error()
}

// expand replaces patterns that the shell has left alone by what they match. A
// file whose name looks like a pattern is the file.
func expand(specs []string) ([]string, error) {
	var all []string
	var errs []error
	for _, spec := range specs {
		_, err := os.Lstat(spec)
		if !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(spec, "*?[") {
			if errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, missing(spec))
			}
			all = append(all, spec)
			continue
		}
		matches, err := filepath.Glob(spec)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s is no file and no pattern: %w; * stands for any letters, ? for one, [a-c] for one of some", spec, err))
			continue
		}
		matches = slices.DeleteFunc(matches, func(match string) bool {
			return archive.Hidden(filepath.Base(match)) && !archive.Hidden(filepath.Base(spec))
		})
		if len(matches) == 0 {
			errs = append(errs, fmt.Errorf("%s: no file has a name like that%s", spec, nearNames(spec)))
		}
		all = append(all, matches...)
	}
	return all, errors.Join(errs...)
}

func missing(spec string) error {
	return fmt.Errorf("%s: there is no such file%s", spec, nearNames(spec))
}
