package main

import (
	"fmt"
	"slices"

	"tidings/internal/cli"
	"tidings/model"
)

// others is the flag of experiments that may be made with further models, too.
type others struct {
	Models []string `name:"models" placeholder:"NAME" complete:"all,${models}" group:"Model" help:"Further models; all is every one. Repeatable."`
}

// beside are the further models, beside the one that it is about.
func (o *others) beside(about string) ([]string, error) { return furtherModels(o.Models, about) }

// check tells which values cannot be, of the study's flags too.
func (o *others) check(s *study) error {
	if err := s.Check(); err != nil {
		return err
	}
	_, err := o.beside(s.Model)
	return err
}

// furtherModels are those that --models names beside --model.
func furtherModels(models []string, first string) (all []string, err error) {
	for _, name := range models {
		names := []string{name}
		switch name {
		case "all":
			names = model.Names()
		case "none":
			continue
		}
		for _, name := range names {
			if _, err := model.New(name, model.Options{}); err != nil {
				return nil, &cli.UsageError{Err: fmt.Errorf("--models: %w", err)}
			}
			if name != first && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all, nil
}
