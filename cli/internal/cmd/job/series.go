package job

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// seriesHelp describes how series are named.
const seriesHelp = `A series is named by its id or by the end of it, as 'comfysched series list' shows it, or by one of its jobs.`

// seriesOptions are the options of the commands for one series and what they work with.
type seriesOptions struct {
	*factory.Factory

	Series   string
	Download string
	Out      flags.Out
}

// NewCmdSeries makes the commands for series.
func NewCmdSeries(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "series",
		Short: "Follow, cancel and download jobs that were booked together",
		Long: `Follow, cancel and download jobs that were booked together: by 'comfysched book' with --count, --each or --from.

` + seriesHelp,
	}
	cmd.AddCommand(
		newCmdSeriesList(f),
		seriesCommand(f, "show", "List the jobs of a series, in its order", seriesShow, nil),
		seriesCommand(f, "wait", "Wait until all jobs of a series have ended", seriesWait, func(cmd *cobra.Command, o *seriesOptions) {
			cmd.Flags().StringVarP(&o.Download, "download", "d", "", "save the results in this `directory`")
		}),
		seriesCommand(f, "cancel", "Take back all jobs of a series that have not ended", seriesCancel, nil),
		newCmdSeriesDownload(f),
	)
	return cmd
}

// seriesCommand makes a command about one series.
func seriesCommand(
	f *factory.Factory,
	verb, short string,
	run func(context.Context, *seriesOptions, *api.Client, string) error,
	bind func(*cobra.Command, *seriesOptions),
) *cobra.Command {
	opts := &seriesOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   verb + " SERIES",
		Short: short,
		Long: short + `.

` + seriesHelp + `

` + render.JobRowHelp + `.`,
		Example:           "  comfysched series " + verb + " 3f2a1b2c",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, ownSeries),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := opts.Client()
			if err != nil {
				return err
			}
			id, err := seriesID(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			return run(cmd.Context(), opts, client, id)
		},
	}
	if bind != nil {
		bind(cmd, opts)
	}
	opts.Out.Bind(cmd, "the jobs' ids")
	return cmd
}

// seriesJobs reads the jobs of a series.
func seriesJobs(ctx context.Context, client *api.Client, id string) (*pb.ListJobsResponse, error) {
	all := &pb.ListJobsResponse{}
	req := &pb.ListJobsRequest{SeriesId: id, Order: pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC}
	for {
		page, err := client.Scheduler.ListJobs(ctx, req)
		if err != nil {
			return nil, err
		}
		all.Jobs, all.Users = append(all.Jobs, page.GetJobs()...), append(all.Users, page.GetUsers()...)
		if req.PageToken = page.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if len(all.GetJobs()) == 0 {
		return nil, exitcode.Errorf(exitcode.NotFound, "there is no series %s", id)
	}
	inOrder(all.GetJobs())
	return all, nil
}

// print shows an answer about the jobs of a series.
func (o *seriesOptions) print(answer interface {
	proto.Message
	GetJobs() []*pb.Job
}, names api.Names,
) error {
	table := render.JobTable(o.IO, o.Clock, answer.GetJobs(), names)
	return render.List{Answer: answer, IDs: ids(answer.GetJobs()), Table: table}.Print(o.IO, o.Out)
}

func seriesShow(ctx context.Context, o *seriesOptions, client *api.Client, id string) error {
	answer, err := seriesJobs(ctx, client, id)
	if err != nil {
		return err
	}
	return o.print(answer, api.NamesOf(answer.GetUsers()))
}

func seriesWait(ctx context.Context, o *seriesOptions, client *api.Client, id string) error {
	answer, err := seriesJobs(ctx, client, id)
	if err != nil {
		return err
	}
	if o.Out.Quiet {
		for _, j := range answer.GetJobs() {
			fmt.Fprintln(o.IO.Out, j.GetId())
		}
	}
	waiter := outcome.Waiter{
		IO:      o.IO,
		Clock:   o.Clock,
		Client:  client,
		Explain: o.Explainer(),
		Out:     o.Out,
		Dir:     o.Download,
		Names:   api.NamesOf(answer.GetUsers()),
	}
	return waiter.Await(ctx, answer.GetJobs())
}

func seriesCancel(ctx context.Context, o *seriesOptions, client *api.Client, id string) error {
	answer, err := client.Scheduler.CancelSeries(ctx, &pb.CancelSeriesRequest{SeriesId: id})
	if err != nil {
		return err
	}
	if o.IO.IsStdoutTTY() && o.Out == (flags.Out{}) {
		counts := map[pb.JobStatus]int{}
		for _, j := range answer.GetJobs() {
			counts[j.GetStatus()]++
		}
		text := fmt.Sprintf("Cancelled %d of %d jobs", counts[pb.JobStatus_JOB_STATUS_CANCELLED], len(answer.GetJobs()))
		if n := counts[pb.JobStatus_JOB_STATUS_PROCESSING]; n > 0 {
			text += fmt.Sprintf("; interrupting %d that run: 'comfysched series wait %s' waits until ComfyUI has let go", n, refs.Short(id))
		}
		_, err := fmt.Fprintln(o.IO.Out, text)
		return err
	}
	var names api.Names
	if showsRows(o.Factory, o.Out) {
		known, _ := client.Scheduler.ListJobs(ctx, &pb.ListJobsRequest{SeriesId: id, PageSize: 1})
		names = api.NamesOf(known.GetUsers())
	}
	return o.print(answer, names)
}

// newCmdSeriesDownload makes the command that saves the results of a series.
func newCmdSeriesDownload(f *factory.Factory) *cobra.Command {
	var dir, zip string
	cmd := &cobra.Command{
		Use:   "download SERIES",
		Short: "Save the results of a series",
		Long: `Save the results of all completed jobs of a series, as 'comfysched download' does, and print the paths; --zip saves them in one
file instead.

` + seriesHelp,
		Example:           "  comfysched series download 3f2a1b2c --zip foxes.zip",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, ownSeries),
		RunE: func(cmd *cobra.Command, args []string) error {
			if zip != "" && cmd.Flags().Changed("dir") {
				return exitcode.Usagef("--zip and --dir exclude each other")
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			id, err := seriesID(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			if zip != "" {
				return downloadZip(cmd.Context(), &downloadOptions{Factory: f, Series: id, Zip: zip}, client)
			}
			return saveSeries(cmd.Context(), f, client, id, dir)
		},
	}
	cmd.Flags().StringVarP(&dir, "dir", "d", ".", "`directory` to save in; it is made when missing")
	cmd.Flags().StringVarP(&zip, "zip", "z", "", "`file` to save everything in as one zip; - for stdout")
	return cmd
}

func saveSeries(ctx context.Context, f *factory.Factory, client *api.Client, id, dir string) error {
	answer, err := seriesJobs(ctx, client, id)
	if err != nil {
		return err
	}
	for _, brief := range answer.GetJobs() {
		if brief.GetStatus() != pb.JobStatus_JOB_STATUS_COMPLETED {
			continue
		}
		whole, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: brief.GetId()})
		if err != nil {
			return err
		}
		saved, err := outcome.Save(ctx, client, whole.GetJob(), dir)
		for _, path := range saved {
			fmt.Fprintln(f.IO.Out, term.Line(path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
