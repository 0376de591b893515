package acceptance

import "github.com/rogpeppe/go-internal/testscript"

// terminal needs pseudo-terminals; scripts that use it say [unix].
func terminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("there are no pseudo-terminals here")
}
