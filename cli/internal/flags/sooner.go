package flags

import (
	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
)

// Sooner is --sooner: whether a job may start earlier than its slot.
type Sooner struct {
	value bool
	set   *pflag.FlagSet
}

// Bind makes the option known.
func (f *Sooner) Bind(fs *pflag.FlagSet) {
	f.set = fs
	fs.BoolVar(&f.value, "sooner", true, "with --next and --after: start earlier when a worker would be idle; --sooner=false keeps the slot")
}

// Check refuses a start that is exact and may be another.
func (f *Sooner) Check(start Moment) error {
	if choice := f.Choice(); start.Exact && choice != nil && *choice {
		return exitcode.Usagef("--sooner goes with --next and --after: --at and --in start exactly then")
	}
	return nil
}

// Choice tells what somebody chose; nil when the option was not given.
func (f *Sooner) Choice() *bool {
	if f.set == nil || !f.set.Changed("sooner") {
		return nil
	}
	return &f.value
}
