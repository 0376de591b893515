package timeline

import (
	"context"
	"fmt"
	"maps"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// freeOptions are the options of free and what it works with.
type freeOptions struct {
	*factory.Factory

	FromMS   int64
	Worker   string
	Workflow string
	Set      []string
	Limit    int
	JSON     bool
}

// NewCmdFree makes the command.
func NewCmdFree(f *factory.Factory) *cobra.Command {
	opts := &freeOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "free [TIME]",
		Short: "List free slots from a time on",
		Long: `List the free stretches of the workers' timelines, from a time or from now on: between which moments a slot may start.

` + when.Help + `

In a pipe each stretch is one tab-separated line: worker, first start, last start (RFC 3339; empty when nothing is booked
after it), length of the slot in milliseconds.`,
		Example: `  comfysched free
  comfysched free "tomorrow 9:00" --limit 3
  comfysched free --workflow flux_klein --set steps=50`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				from, err := opts.Clock.From(args[0])
				if err != nil {
					return exitcode.Usagef("%w", err)
				}
				opts.FromMS = from.UnixMilli()
			}
			if opts.Limit < 1 || opts.Limit > 1000 {
				return exitcode.Usagef("--limit: from 1 to 1000")
			}
			return freeRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&opts.Worker, "worker", "", "`id` of the worker; all that can run the workflow when absent")
	fs.StringVar(&opts.Workflow, "workflow", "", "`id` of the workflow whose length is wanted; the server's first when absent")
	fs.StringArrayVar(&opts.Set, "set", nil, form.SetHelp+"; the length follows the values")
	fs.IntVarP(&opts.Limit, "limit", "n", 10, "stretches at most")
	fs.BoolVar(&opts.JSON, "json", false, "print the API's JSON")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	f.CompleteFlag(cmd, "workflow", factory.Workflows)
	f.CompleteSet(cmd, func(ctx context.Context, client *api.Client, _ []string) (*pb.Workflow, error) {
		return refs.Workflow(ctx, client, opts.Workflow)
	})
	return cmd
}

func freeRun(ctx context.Context, opts *freeOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	req := &pb.ListFreeSlotsRequest{WorkerId: opts.Worker, WorkflowId: opts.Workflow, FromMs: opts.FromMS}
	if len(opts.Set) > 0 {
		w, err := refs.Workflow(ctx, client, opts.Workflow)
		if err != nil {
			return err
		}
		if req.Inputs, err = form.Set(w, opts.Set); err != nil {
			return err
		}
		maps.DeleteFunc(req.Inputs, func(_ string, v *pb.InputValue) bool { return form.Pending(v) != "" }) // nothing is handed in to ask
	}
	found := &pb.ListFreeSlotsResponse{}
	_, err = api.ReadPages(opts.Limit, func(size int32, token string) (int, string, error) {
		req.PageSize, req.PageToken = size, token
		page, err := client.Scheduler.ListFreeSlots(ctx, req)
		found.FreeSlots = append(found.GetFreeSlots(), page.GetFreeSlots()...)
		found.NextPageToken = page.GetNextPageToken()
		return len(page.GetFreeSlots()), page.GetNextPageToken(), err
	})
	switch {
	case err != nil:
		return err
	case opts.JSON:
		return render.JSON(opts.IO, found)
	case opts.IO.IsStdoutTTY():
		return opts.show(found.GetFreeSlots())
	}
	t := render.NewTable(opts.IO)
	for _, s := range found.GetFreeSlots() {
		last := ""
		if s.GetLastStartMs() > 0 {
			last = opts.Clock.Exact(s.GetLastStartMs())
		}
		t.Row(
			render.Text(s.GetWorkerId()),
			render.Text(opts.Clock.Exact(s.GetStartMs())),
			render.Text(last),
			render.Text(fmt.Sprint(s.GetSlotDurationMs())),
		)
	}
	return t.Print()
}

func (o *freeOptions) show(slots []*pb.FreeSlot) error {
	zone := " (" + o.Clock.ZoneName() + ")"
	t := render.NewTable(o.IO, "WORKER", "LENGTH", "FIRST START"+zone, "LAST START"+zone)
	t.Several = []string{"LENGTH"}
	lengths := map[int64]bool{}
	for _, s := range slots {
		first, last := o.edges(s)
		end := render.Text(last)
		if last == "" {
			end = render.Cell{Text: "open end", Style: o.IO.Green}
		}
		t.Row(render.Text(s.GetWorkerId()), render.Text(when.Millis(s.GetSlotDurationMs())), render.Text(first), end)
		lengths[s.GetSlotDurationMs()] = true
	}
	if err := t.Print(); err != nil {
		return err
	}
	length := "its length"
	if len(lengths) == 1 {
		length = when.Millis(slots[0].GetSlotDurationMs())
	}
	_, err := fmt.Fprintf(o.IO.Err, "A slot of %s fits at and between these starts.\n", length)
	return err
}

// edges are a free stretch in whole seconds, so that what a person reads may be booked; to the millisecond where it holds
// no whole second. last is empty when the stretch has no end.
func (o *freeOptions) edges(s *pb.FreeSlot) (first, last string) {
	start, end, cell := (s.GetStartMs()+999)/1000*1000, s.GetLastStartMs()/1000*1000, o.Clock.Cell
	switch {
	case s.GetLastStartMs() == 0:
		return cell(start), ""
	case end < start:
		start, end, cell = s.GetStartMs(), s.GetLastStartMs(), o.Clock.Fine
	}
	return cell(start), cell(end)
}
