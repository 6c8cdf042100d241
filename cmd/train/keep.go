package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tidings/internal/cli"
	"tidings/pipeline"
)

// checkSave tells before anything is learnt what --save cannot do.
func (t *train) checkSave() error {
	switch {
	case t.Save == "" && (t.Note != "" || t.Over):
		return &cli.UsageError{Err: errors.New("--note and --over are about the version that --save FILE saves: name the file, or leave them out")}
	case t.Save == "":
		return nil
	case t.Shuffles > 0:
		return &cli.UsageError{Err: errors.New("--save saves one model, and --shuffles makes several: choose one order with --shuffle N")}
	case len(t.Note) > pipeline.VersionNoteMax:
		return &cli.UsageError{Err: fmt.Errorf("--note has %d bytes, the limit is %d", len(t.Note), pipeline.VersionNoteMax)}
	}
	if _, err := os.Lstat(t.Save); err == nil && !t.Over {
		return fmt.Errorf("--save: %s is there already; choose another name, or replace it with --over; nothing was learnt yet", t.Save)
	}
	if folder, err := os.Stat(filepath.Dir(t.Save)); err != nil || !folder.IsDir() {
		return fmt.Errorf("--save: there is no folder %s; nothing was learnt yet", filepath.Dir(t.Save))
	}
	return nil
}

// keep writes what was learnt to the file.
func (t *train) keep(s cli.Streams) error {
	v := t.saved
	v.Origin = pipeline.VersionOrigin{Files: clipped(strings.Join(t.From, " "))}
	v.Note, v.Saved = t.Note, time.Now().UTC().Truncate(time.Second)
	data, err := v.Encode()
	if err != nil {
		return err
	}
	if err := pipeline.WriteVersionFile(t.Save, data, t.Over); err != nil {
		return fmt.Errorf("--save: %w", err)
	}
	if t.JSON {
		return nil
	}
	_, err = fmt.Fprintf(s.Out, "saved in %s: %d bytes, digest %.12s; serve it with classify --model-version %s --learn=false\n", t.Save, len(data), pipeline.VersionDigest(data), t.Save)
	return err
}

// originMax bounds how much of the names of files is kept.
const originMax = 1000

func clipped(s string) string { return s[:min(len(s), originMax)] }
