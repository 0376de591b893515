package storetest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Twice is a store that runs every change twice, as any store may: first in an update that is taken back, then for real.
// Others write in between, so what the second run finds may be something else than what the first one found.
func Twice(s store.Store) store.Store { return twice{s} }

type twice struct{ store.Store }

var errTakenBack = errors.New("taken back, to be run again")

// Update implements store.Store.
func (t twice) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	_, _ = t.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		_ = change(ctx, tx) // as if the commit after it had failed
		return errTakenBack
	})
	return t.Store.Update(ctx, change)
}

// again is true while the tests of a package run for the second time.
var again bool

// Main runs the tests of a package that works on a store, and when they pass runs them again on one that runs every change
// twice. It fails when a test leaves a goroutine behind. It is for TestMain; the tests open their stores through Wrap.
//
// Rules are drawn fewer stories than rapid draws by itself, since each opens a store of its own; -rapid.checks asks for more.
func Main(m *testing.M) {
	fewer("30")
	code := m.Run()
	if code == 0 && onlyTests() {
		again = true
		fewer("10") // the rules have been held against many stories already
		fmt.Println("once more, on a store that runs every change twice")
		code = m.Run()
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Println("a test has left a goroutine behind:", err)
		code = 1
	}
	os.Exit(code)
}

// fewer sets how many stories rules are drawn, where the package draws any and the command line does not say.
func fewer(checks string) {
	given := false
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given || drawn != "" {
		drawn = checks
		_ = flag.Set("rapid.checks", checks) // a package without rapid has no such flag
	}
}

// drawn keeps what fewer set last.
var drawn string

// Wrap makes a store the one that is to be tested now.
func Wrap(s store.Store) store.Store {
	if again {
		return Twice(s)
	}
	return s
}

// onlyTests reports whether tests are run, and nothing is listed, measured or fuzzed.
func onlyTests() bool {
	for _, name := range []string{"test.list", "test.bench", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}
