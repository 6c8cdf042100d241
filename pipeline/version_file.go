package pipeline

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// WriteVersionFile writes a saved version to a file, which appears as a whole
// or not at all. A file that is there already is replaced if over says so.
func WriteVersionFile(path string, data []byte, over bool) (err error) {
	if _, err := os.Lstat(path); err == nil && !over {
		return fmt.Errorf("%s is there already; choose another name, or remove it", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// ReadVersionFile reads a saved version from a file, and its bytes as they
// stand there.
func ReadVersionFile(path string) (v *ModelVersion, data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	if data, err = ReadVersion(r); err == nil {
		if _, more := r.ReadByte(); !errors.Is(more, io.EOF) {
			err = fmt.Errorf("%w: something stands behind it", ErrVersionDamaged)
		}
	}
	if err == nil {
		v, err = DecodeVersion(data)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, data, nil
}
