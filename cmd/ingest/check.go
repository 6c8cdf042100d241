package main

import (
	"errors"

	"tidings/pipeline"
)

// Check tells which values of the flags cannot be.
func (f *feed) Check() error {
	_, _, pace := f.Pace()
	_, silence := f.Silence(&f.SourceFlags)
	_, broker := f.Options("")
	return errors.Join(pipeline.Name(f.Pipeline).Check(), pace, silence, broker)
}
