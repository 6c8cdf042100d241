package main

// Check tells which values of the flags cannot be.
func (c *compare) Check() error {
	_, err := c.plans()
	return err
}
