package timeline

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// estimatesOptions are the options of estimates and what it works with.
type estimatesOptions struct {
	*factory.Factory
	Workflow, Worker string
	JSON             bool
}

// NewCmdEstimates makes the command.
func NewCmdEstimates(f *factory.Factory) *cobra.Command {
	opts := &estimatesOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "estimates",
		Short: "Tell how good the estimates were",
		Long: `Tell how good the estimates were, by workflow and worker: of the latest 100 jobs how far half and nine of ten were off, and how
much too long (+) or too short (-) they were as a rule, each as a part of what the jobs took; how many ended within their slots,
where 95 % is aimed at; and how long slots were beside their jobs.

In a pipe each is one tab-separated line: workflow, worker, jobs, error of half, error of nine of ten, bias, within slots, slot
beside job; parts as numbers, 0.02 for 2 %. --json prints also the latest jobs, each as expected and as it went.`,
		Example: `  comfysched estimates
  comfysched estimates --workflow flux_klein --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opts.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&opts.Workflow, "workflow", "", "`id` of the workflow; all when absent")
	fs.StringVar(&opts.Worker, "worker", "", "`id` of the worker; all when absent")
	fs.BoolVar(&opts.JSON, "json", false, "print the API's JSON")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	f.CompleteFlag(cmd, "workflow", factory.Workflows)
	return cmd
}

func (o *estimatesOptions) run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	found := &pb.ListEstimatesResponse{}
	req := &pb.ListEstimatesRequest{PageSize: 500, WorkerId: o.Worker, WorkflowId: o.Workflow}
	for first := true; first || req.PageToken != ""; first = false {
		answer, err := client.Scheduler.ListEstimates(ctx, req)
		if err != nil {
			return err
		}
		found.Reports = append(found.Reports, answer.GetReports()...)
		req.PageToken = answer.GetNextPageToken()
	}
	switch {
	case o.JSON:
		return render.JSON(o.IO, found)
	case len(found.GetReports()) == 0 && o.IO.IsStdoutTTY():
		return o.IO.Tell("No job has ended yet from which anything could be learned.")
	}
	return o.table(found.GetReports()).Print()
}

func (o *estimatesOptions) table(reports []*pb.EstimateReport) *render.Table {
	tty := o.IO.IsStdoutTTY()
	t := render.NewTable(o.IO, "WORKFLOW", "WORKER", "JOBS", "HALF OFF BY", "90 % BY", "BIAS", "IN SLOT", "SLOT/JOB")
	part := func(value float64, format string) render.Cell {
		if tty {
			return render.Text(fmt.Sprintf(format, value*100))
		}
		return render.Text(strconv.FormatFloat(value, 'g', 4, 64))
	}
	for _, r := range reports {
		t.Row(render.Text(r.GetWorkflowId()), render.Text(r.GetWorkerId()), render.Text(strconv.FormatInt(r.GetRuns(), 10)),
			part(r.GetErrorP50(), "%.1f %%"), part(r.GetErrorP90(), "%.1f %%"), part(r.GetBias(), "%+.1f %%"),
			part(r.GetCoverage(), "%.0f %%"), part(r.GetSlotRatio(), "%.0f %%"))
	}
	return t
}
