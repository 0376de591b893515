package job

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// listOptions are the options of list and what it works with.
type listOptions struct {
	*factory.Factory

	Statuses []pb.JobStatus
	Mine     bool
	User     string
	Worker   string
	Workflow string
	Window   *pb.TimeSlot // nil for all times
	Asc      bool
	Limit    flags.Limit
	Out      flags.Out
}

// NewCmdList makes the command.
func NewCmdList(f *factory.Factory) *cobra.Command {
	opts := &listOptions{Factory: f}
	var statuses []string
	var from, to string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List jobs, the latest slot first",
		Long: `List jobs, the latest slot first.

--from and --to choose jobs whose slot has a moment in common with that stretch.
` + when.Help + `
Here a bare time of day means today's, and a bare day its beginning.

Of many jobs 50 are listed, and stderr tells that there are more. Long prompts are cut: 'comfysched show' has them whole.

` + render.JobRowHelp + `.`,
		Example: `  comfysched list --mine --status scheduled --all
  comfysched list --from today --to tomorrow --asc
  comfysched list --status failed --json | jq -r '.jobs[].error.message'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.Statuses, err = parseStatuses(statuses); err != nil {
				return err
			}
			if opts.Mine && opts.User != "" {
				return exitcode.Usagef("--mine and --user exclude each other")
			}
			if err := opts.Limit.Check(); err != nil {
				return err
			}
			if opts.Window, err = window(opts.Clock, from, to); err != nil {
				return err
			}
			return listRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringSliceVarP(&statuses, "status", "s", nil, "only jobs with one of these `statuses`: "+strings.Join(statusWords(), ", "))
	fs.BoolVarP(&opts.Mine, "mine", "m", false, "only own jobs")
	fs.StringVarP(&opts.User, "user", "u", "", "only jobs of this user: a `name` or id")
	fs.StringVar(&opts.Worker, "worker", "", "only jobs on this worker: its `id`")
	fs.StringVar(&opts.Workflow, "workflow", "", "only jobs of this workflow: its `id`")
	fs.StringVar(&from, "from", "", "only slots that end at or after this `time`")
	fs.StringVar(&to, "to", "", "only slots that start at or before this `time`")
	fs.BoolVar(&opts.Asc, "asc", false, "earliest slot first")
	opts.Limit.Bind(cmd, "jobs")
	opts.Out.Bind(cmd, "ids")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	f.CompleteFlag(cmd, "workflow", factory.Workflows)
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(statusWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func statusWords() (words []string) {
	for n := 1; n < len(pb.JobStatus_name); n++ {
		words = append(words, render.StatusWord(pb.JobStatus(n)))
	}
	return words
}

func parseStatuses(words []string) (statuses []pb.JobStatus, err error) {
	for _, w := range words {
		n, ok := pb.JobStatus_value["JOB_STATUS_"+strings.ToUpper(strings.TrimSpace(w))]
		if !ok || n == 0 {
			return nil, exitcode.Usagef("--status: %q is none of %s", w, strings.Join(statusWords(), ", "))
		}
		statuses = append(statuses, pb.JobStatus(n))
	}
	return statuses, nil
}

// window is the stretch of --from and --to; nil when neither was given.
func window(clock when.Clock, from, to string) (*pb.TimeSlot, error) {
	if from == "" && to == "" {
		return nil, nil
	}
	w := &pb.TimeSlot{} // no end
	if from != "" {
		t, err := clock.Edge(from)
		if err != nil {
			return nil, exitcode.Usagef("--from: %w", err)
		}
		w.StartMs = t.UnixMilli()
	}
	if to != "" {
		t, err := clock.Edge(to)
		if err != nil {
			return nil, exitcode.Usagef("--to: %w", err)
		}
		w.EndMs = t.UnixMilli()
	}
	if to != "" && w.GetEndMs() < w.GetStartMs() {
		return nil, exitcode.Usagef("--to lies before --from")
	}
	return w, nil
}
