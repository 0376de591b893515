package root

import (
	"testing"
)

func TestReflow(t *testing.T) {
	text := `A paragraph that was broken
somewhere and is broken elsewhere.

Table:
  1  one
  2  something that is said at some length
`
	want := `A paragraph that was broken somewhere
and is broken elsewhere.

Table:
  1  one
  2  something that is said at some
     length
`
	if got := reflow(text, 38); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
