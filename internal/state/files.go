package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// A file of a snapshot, little-endian:
//
//	magic 8 | bytes of about 4 | bytes of data 8 | about | xxHash 8 of all before | data | xxHash 8 of data
//
// So what it is can be listed without reading it all.
const (
	fileMagic     = "tidingS1"
	fileHeadBytes = 8 + 4 + 8
	fileSuffix    = ".snapshot"
	aboutBytesMax = 1 << 20 // of the line that describes a piece
	unfinished    = ".part"
	// unfinishedAge is how old a file that nobody finished has to be to be
	// deleted: nobody writes one for so long.
	unfinishedAge = time.Hour
)

// ErrDamaged reports something stored that is not what was stored.
var ErrDamaged = errors.New("it is damaged")

// Files keep snapshots in a directory, a file each. A file appears under its
// name when all of it is on the disk, and what is damaged is not listed. Several
// processes may use a directory.
type Files struct {
	Dir string
}

// String names the directory.
func (f Files) String() string { return "directory " + f.Dir }

func (f Files) path(name string) string {
	return filepath.Join(f.Dir, url.PathEscape(name)+fileSuffix)
}

// Put writes a file: beside its name, through to the disk, and then under it.
func (f Files) Put(ctx context.Context, name, about string, data []byte) (err error) {
	if len(about) > aboutBytesMax {
		return fmt.Errorf("snapshot %s: it is described by %d bytes, the limit is %d", name, len(about), aboutBytesMax)
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return err
	}
	f.clean()
	file, err := os.CreateTemp(f.Dir, "*"+unfinished)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	err = writeParts(ctx, file, fileHead(about, len(data)), data, binary.LittleEndian.AppendUint64(nil, xxhash.Sum64(data)))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), f.path(name)); err != nil {
		return err
	}
	return syncDir(f.Dir)
}

func fileHead(about string, data int) []byte {
	head := append(make([]byte, 0, fileHeadBytes+len(about)+8), fileMagic...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(about)))
	head = binary.LittleEndian.AppendUint64(head, uint64(data))
	head = append(head, about...)
	return binary.LittleEndian.AppendUint64(head, xxhash.Sum64(head))
}

// writeParts writes in pieces, so that a context can end it.
func writeParts(ctx context.Context, w io.Writer, parts ...[]byte) error {
	for _, part := range parts {
		for len(part) > 0 && ctx.Err() == nil {
			n, err := w.Write(part[:min(len(part), 1<<20)])
			if err != nil {
				return err
			}
			part = part[n:]
		}
	}
	return ctx.Err()
}

// syncDir writes through which files a directory has.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// clean deletes what writers that were killed left behind. What cannot be
// deleted is left to the next.
func (f Files) clean() {
	left, err := filepath.Glob(filepath.Join(globbed(f.Dir), "*"+unfinished))
	if err != nil {
		return
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > unfinishedAge {
			_ = os.Remove(path)
		}
	}
}

// globbed is a path as a pattern that matches itself.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// List reads the beginnings of all files; of a directory that is not there,
// none.
func (f Files) List(ctx context.Context) (map[string]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	about := map[string]string{}
	for _, e := range entries {
		escaped, ok := strings.CutSuffix(e.Name(), fileSuffix)
		name, err := url.PathUnescape(escaped)
		if !ok || err != nil {
			continue
		}
		file, err := os.Open(f.path(name))
		if err != nil {
			continue // somebody has just deleted it
		}
		line, _, err := readHead(file)
		if err == nil {
			about[name] = line
		}
		if err := errors.Join(file.Close(), ctx.Err()); err != nil {
			return nil, err
		}
	}
	return about, nil
}

// readHead reads what stands before the data, and how long that is.
func readHead(r io.Reader) (about string, data uint64, err error) {
	head := make([]byte, fileHeadBytes)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:8]) != fileMagic {
		return "", 0, ErrDamaged
	}
	n := binary.LittleEndian.Uint32(head[8:])
	if n > aboutBytesMax {
		return "", 0, ErrDamaged
	}
	rest := make([]byte, n+8)
	if _, err := io.ReadFull(r, rest); err != nil {
		return "", 0, ErrDamaged
	}
	head = append(head, rest[:n]...)
	if xxhash.Sum64(head) != binary.LittleEndian.Uint64(rest[n:]) {
		return "", 0, ErrDamaged
	}
	return string(rest[:n]), binary.LittleEndian.Uint64(head[12:]), nil
}

// Get reads a file.
func (f Files) Get(_ context.Context, name string, limit uint64) (data []byte, err error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			data, err = nil, fmt.Errorf("file %s: %w", f.path(name), err)
		}
	}()
	_, n, err := readHead(file)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("it has %d bytes, the limit is %d", n, limit)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	at, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	if uint64(info.Size()-at) != n+8 { // before there is memory for it
		return nil, ErrDamaged
	}
	data = make([]byte, n+8)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, err
	}
	if xxhash.Sum64(data[:n]) != binary.LittleEndian.Uint64(data[n:]) {
		return nil, ErrDamaged
	}
	return data[:n], nil
}

// Delete removes a file.
func (f Files) Delete(_ context.Context, name string) error {
	if err := os.Remove(f.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
