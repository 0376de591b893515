// Package watch is the command that follows the live state.
package watch

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// watchOptions are the options of watch and what it works with.
type watchOptions struct {
	*factory.Factory

	Since    *pb.Revision
	Progress bool
	Limit    int
	JSON     bool
}

// NewCmdWatch makes the command.
func NewCmdWatch(f *factory.Factory) *cobra.Command {
	opts := &watchOptions{Factory: f}
	var since string
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Follow the timeline live",
		Long: `Follow the timeline live. On a terminal this is a full screen with the lanes of the workers and the list of jobs; its keys
are shown at the bottom.

In a pipe, or with --json, it is one line per change: the API's WatchStateResponse with one thing in it. The first line holds
the snapshot, each further one the deltas of one revision, with the jobs that changed, or a status: how the service is and
who watches, which has no revision and comes whole at first. Fields that are empty, zero or false are left out. Names of
users come once, beside the jobs and connections, and long prompts are cut, which shortened tells: 'comfysched show' has
them whole. A script that has seen a revision goes on after it with --since; when the server does not know it any more the
first line is a new snapshot. A lost connection is opened again without missing a change.`,
		Example: `  comfysched watch
  comfysched watch | jq -r '.deltas[]?.jobs[]? | [.id, .status] | @tsv'
  comfysched watch --since 0198f2c4:1207 --limit 10`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.Since, err = parseRevision(since); err != nil {
				return err
			}
			if opts.Limit < 0 {
				return exitcode.Usagef("--limit: not negative")
			}
			return watchRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&since, "since", "", "go on after this `revision`, EPOCH:NUMBER, instead of beginning with a snapshot")
	fs.BoolVar(&opts.Progress, "progress", false, "also print the progress of running jobs, which has no revision")
	fs.IntVarP(&opts.Limit, "limit", "n", 0, "end after this many lines; 0 never ends")
	fs.BoolVar(&opts.JSON, "json", false, "print JSON lines on a terminal too")
	return cmd
}

// parseRevision reads EPOCH:NUMBER; nil for an empty text.
func parseRevision(text string) (*pb.Revision, error) {
	if text == "" {
		return nil, nil
	}
	colon := strings.LastIndexByte(text, ':')
	if colon > 0 {
		if n, err := strconv.ParseInt(text[colon+1:], 10, 64); err == nil && n >= 0 {
			return &pb.Revision{Epoch: text[:colon], Number: n}, nil
		}
	}
	return nil, exitcode.Usagef("--since: %q is not EPOCH:NUMBER, as in the revision of a line", text)
}

func watchRun(ctx context.Context, opts *watchOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if opts.IO.IsStdoutTTY() && opts.IO.IsStdinTTY() && !opts.JSON && opts.Limit == 0 && opts.Since == nil {
		return screenRun(ctx, opts, client)
	}
	return linesRun(ctx, opts, client)
}
