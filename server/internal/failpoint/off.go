//go:build !torture

package failpoint

// Reach lets happen what is to happen at a point.
func Reach(Point) {}

// Fail is the error that is to happen at a point, after the same.
func Fail(Point) error { return nil }
