package main

// Check tells which values of the flags cannot be.
func (t *train) Check() error {
	_, err := t.Plan()
	return err
}
