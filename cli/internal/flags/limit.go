package flags

import (
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
)

// usual is the limit of those who choose none.
const usual = 50

// Limit are --limit and --all, which exclude each other.
type Limit struct {
	limit int
	all   bool
	flag  *pflag.Flag
}

// Bind makes the options known; things is what the list consists of.
func (f *Limit) Bind(cmd *cobra.Command, things string) {
	cmd.Flags().IntVarP(&f.limit, "limit", "n", usual, things+" at most")
	cmd.Flags().BoolVar(&f.all, "all", false, "all "+things+", however many there are")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	f.flag = cmd.Flags().Lookup("limit")
}

// Check refuses a limit that shows nothing.
func (f *Limit) Check() error {
	if f.limit < 1 {
		return exitcode.Usagef("--limit: at least 1; --all lists all")
	}
	return nil
}

// Most gives the number of things wanted at most.
func (f *Limit) Most() int {
	if f.all {
		return math.MaxInt
	}
	return f.limit
}

// Chosen reports whether somebody chose the limit, and so knows of it.
func (f *Limit) Chosen() bool { return f.flag.Changed }
