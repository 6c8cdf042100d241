package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"tidings"
	"tidings/pipeline"
)

// fileFormat rises when files of before cannot be read any more.
const fileFormat = 1

// lineBytesMax bounds a line of a file: an id and a label, escaped.
const lineBytesMax = 6 * (tidings.IDBytesMax + tidings.LabelBytesMax + 1024)

// heading is the first line of a file.
type heading struct {
	Format   int    `json:"ledger"`
	Pipeline string `json:"pipeline"`
	Log      string `json:"log"`
	Replicas int    `json:"replicas"`
}

// row is every other line.
type row struct {
	Replica  int    `json:"replica"`
	Position string `json:"position"`
	ID       string `json:"id"`
	Label    string `json:"label"`
	Chain    string `json:"chain"`
}

// Write writes all ledgers of a source as JSON lines: one that says what they
// are, then one for each update. It returns how many there were.
func Write(ctx context.Context, w io.Writer, s Source, name string) (n uint64, err error) {
	to := bufio.NewWriter(w)
	lines := json.NewEncoder(to)
	if err := lines.Encode(heading{fileFormat, name, s.Log(), s.Replicas()}); err != nil {
		return 0, err
	}
	for replica := range s.Replicas() {
		for u, err := range s.Updates(ctx, replica) {
			if err == nil {
				err = lines.Encode(row{replica, u.Position.String(), u.ID, u.Label, pipeline.Digest(u.Chain)})
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
	return n, to.Flush()
}

// File is what Write wrote.
type File struct {
	path string
	head heading
}

// OpenFile reads what a file holds. Its lines are read when they are asked for.
func OpenFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file := &File{path: path}
	s := scanner(f)
	if !s.Scan() || json.Unmarshal(s.Bytes(), &file.head) != nil || file.head.Format == 0 {
		return nil, fmt.Errorf("%s:1: no ledger; `compare ledger STORE --out FILE` writes one", path)
	}
	if file.head.Format != fileFormat || file.head.Replicas < 1 || file.head.Replicas > pipeline.PartitionsMax {
		return nil, fmt.Errorf("%s:1: a ledger of format %d with %d replicas; this program reads format %d; write it again with this one", path, file.head.Format, file.head.Replicas, fileFormat)
	}
	return file, nil
}

func scanner(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(nil, lineBytesMax)
	return s
}

// Replicas is how many ledgers the file holds.
func (f *File) Replicas() int { return f.head.Replicas }

// Log names the log that the positions are of.
func (f *File) Log() string { return f.head.Log }

// Updates reads the lines of one replica.
func (f *File) Updates(ctx context.Context, replica int) iter.Seq2[Update, error] {
	return pulled(func(each func(Update) error) error {
		r, err := os.Open(f.path)
		if err != nil {
			return err
		}
		defer r.Close()
		s := scanner(r)
		for n := 1; s.Scan(); n++ {
			if n == 1 {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			u, err := parseRow(s.Bytes())
			if err != nil {
				return fmt.Errorf("%s:%d: %w; the file is damaged: write it again", f.path, n, err)
			}
			if u.Replica != replica {
				continue
			}
			if err := each(u); err != nil {
				return err
			}
		}
		if err := s.Err(); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		return nil
	})
}

func parseRow(line []byte) (u Update, err error) {
	var r row
	if err := json.Unmarshal(line, &r); err != nil {
		return u, fmt.Errorf("no JSON object of an update: %w", err)
	}
	sequence, at, found := strings.Cut(r.Position, "/")
	u = Update{Replica: r.Replica, ID: r.ID, Label: r.Label}
	number, err := strconv.ParseUint(at, 10, 32)
	if err != nil || !found {
		return u, fmt.Errorf("position %q is not sequence/line", r.Position)
	}
	u.Position.Line = uint32(number)
	if u.Position.Sequence, err = strconv.ParseUint(sequence, 10, 64); err != nil {
		return u, fmt.Errorf("position %q is not sequence/line", r.Position)
	}
	if u.Chain, err = strconv.ParseUint(r.Chain, 16, 64); err != nil {
		return u, fmt.Errorf("chain %q is no hash", r.Chain)
	}
	return u, nil
}
