package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Output is a file that a flag names: "-" is standard output, "" nothing. It
// is opened early, so that a path that cannot be written is told before the
// work, and emptied late, so that a run that never began destroys nothing.
type Output struct {
	flag  string
	to    io.Writer
	file  *os.File // nil: standard output
	made  bool     // by OpenOutput
	begun bool
}

// OpenOutput opens it and leaves what stands in it. The Output is nil when the
// flag names nothing.
func OpenOutput(flag, path string, stdout io.Writer) (*Output, error) {
	switch path {
	case "":
		return nil, nil
	case "-":
		return &Output{flag: flag, to: stdout}, nil
	}
	_, err := os.Lstat(path)
	made := errors.Is(err, os.ErrNotExist)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w; nothing was done yet, name a file in a folder that exists", flag, err)
	}
	return &Output{flag: flag, to: f, file: f, made: made}, nil
}

// Is says whether path is the very file, or a folder that it is somewhere
// below; either cannot be read meanwhile.
func (o *Output) Is(path string) bool {
	if o == nil || o.file == nil {
		return false
	}
	mine, err := o.file.Stat()
	if err != nil || !mine.Mode().IsRegular() {
		return false
	}
	other, err := os.Stat(path)
	if err != nil || !other.IsDir() {
		return err == nil && os.SameFile(mine, other)
	}
	at, err := filepath.Abs(o.file.Name())
	for err == nil && at != filepath.Dir(at) {
		at = filepath.Dir(at)
		var folder os.FileInfo
		if folder, err = os.Stat(at); err == nil && os.SameFile(folder, other) {
			return true
		}
	}
	return false
}

// Begin empties the file. It has to come before the first Write.
func (o *Output) Begin() error {
	if o == nil || o.file == nil || o.begun {
		return nil
	}
	o.begun = true
	info, err := o.file.Stat()
	if err == nil && info.Mode().IsRegular() { // pipes and devices have nothing to empty
		err = o.file.Truncate(0)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", o.flag, err)
	}
	return nil
}

// Write writes to the file.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		err = fmt.Errorf("%s cannot be written: %w", o.flag, err)
	}
	return n, err
}

// Close closes the file, and removes one that was made for nothing. A nil
// Output is closed.
func (o *Output) Close() error {
	if o == nil || o.file == nil {
		return nil
	}
	err := o.file.Close()
	if o.made && !o.begun {
		err = errors.Join(err, os.Remove(o.file.Name()))
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", o.flag, err)
	}
	return nil
}
