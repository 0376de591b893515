package job

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/handin"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// batch is one series that is booked as a whole.
type batch struct {
	*bookOptions
	lines lines
}

// isBatch reports whether several jobs are asked for in one step.
func (o *bookOptions) isBatch() bool { return o.Count > 1 || len(o.Each) > 0 || o.From != "" }

// checkBatch refuses options that mean nothing together.
func (o *bookOptions) checkBatch() error {
	switch {
	case o.Count < 1:
		return exitcode.Usagef("--count: at least 1")
	case o.EachLine && (o.isBatch() || o.DryRun):
		return exitcode.Usagef("--each-line books line by line: --from takes the lines of a file at once")
	case o.DryRun && o.Wait:
		return exitcode.Usagef("--dry-run books nothing to wait for")
	}
	return nil
}

func batchRun(ctx context.Context, opts *bookOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	b := &batch{bookOptions: opts}
	req, err := b.request(ctx, client)
	if err != nil {
		return err
	}
	var answer *pb.BookSeriesResponse
	err = api.Retry(ctx, retryFor, func(ctx context.Context) (err error) {
		answer, err = client.Scheduler.BookSeries(ctx, req)
		return err
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return exitcode.Errorf(exitcode.Interrupted, "interrupted before the answer came; the series may be booked: %s", opts.again())
	case err != nil && api.Lost(err) && !api.Unreached(err) && !opts.DryRun:
		return exitcode.Errorf(exitcode.Unavailable, "no answer came from %s; the series may be booked: %s", client.Address, opts.again())
	case api.Reason(err) == pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED:
		if answer, err = b.repeated(ctx, client, req, err); err != nil {
			return err
		}
	case err != nil:
		return b.explain(err)
	case opts.DryRun:
		return b.quote(ctx, client, answer)
	}
	if showsRows(opts.Factory, opts.Out) {
		opts.names = ownName(ctx, client)
	}
	if !opts.Wait {
		return b.show(answer)
	}
	if opts.IO.IsStderrTTY() && !opts.Out.Quiet {
		fmt.Fprintln(opts.IO.Err, b.sentence(answer))
	}
	return opts.await(ctx, client, answer.GetJobs()...)
}

// request is the series with everything that it takes handed in.
func (b *batch) request(ctx context.Context, client *api.Client) (*pb.BookSeriesRequest, error) {
	one, err := b.bookOptions.request(ctx, client)
	if err != nil {
		return nil, err
	}
	req := &pb.BookSeriesRequest{
		RequestId:       b.RequestID,
		Start:           &pb.BookSeriesRequest_EarliestStartMs{EarliestStartMs: b.start.MS},
		WorkflowId:      one.GetWorkflowId(),
		WorkflowVersion: one.GetWorkflowVersion(),
		WorkerId:        one.GetWorkerId(),
		Inputs:          one.GetInputs(),
		Count:           int32(b.Count),
		Sooner:          one.Sooner,
		ValidateOnly:    b.DryRun,
	}
	if b.start.Exact {
		req.Start = &pb.BookSeriesRequest_StartMs{StartMs: b.start.MS}
	}
	if b.From != "" {
		if b.lines, err = readLines(b.IO, b.From, b.form); err != nil {
			return nil, err
		}
		req.Items = b.lines.items
	}
	if req.Axes, err = b.axes(); err != nil {
		return nil, err
	}
	if b.Prompt.Given() || b.From == "" && !b.varies(pb.InputRole_INPUT_ROLE_PROMPT, req.GetAxes()) {
		if err := b.readPrompt(req.GetInputs()); err != nil {
			return nil, err
		}
	}
	return req, b.handIn(ctx, client, req)
}

// varies reports whether the input with a role is an axis.
func (b *batch) varies(role pb.InputRole, axes []*pb.SeriesAxis) bool {
	input := form.ByRole(b.form, role)
	for _, axis := range axes {
		if axis.GetInputName() == input.GetName() {
			return true
		}
	}
	return false
}

// axes are the options --each, typed by the workflow's form.
func (b *batch) axes() (axes []*pb.SeriesAxis, err error) {
	for _, pair := range b.Each {
		name, values, err := form.Pair("--each", pair)
		if err != nil {
			return nil, err
		}
		input := form.ByName(b.form, name)
		if input == nil {
			return nil, exitcode.Usagef("--each %s: the workflow has no such input; %s", name, form.Has(b.form, name))
		}
		axis := &pb.SeriesAxis{InputName: name}
		for _, text := range strings.Split(values, ",") {
			value, err := form.Parse(input, strings.TrimSpace(text))
			if err != nil {
				return nil, exitcode.Usagef("--each %s: %w", name, err)
			}
			axis.Values = append(axis.Values, value)
		}
		axes = append(axes, axis)
	}
	return axes, nil
}

// handIn uploads the files that the jobs take.
func (b *batch) handIn(ctx context.Context, client *api.Client, req *pb.BookSeriesRequest) error {
	if err := handin.Resolve(ctx, client, b.IO, req.GetInputs()); err != nil {
		return err
	}
	for i, item := range req.GetItems() {
		if err := handin.Resolve(ctx, client, b.IO, item.GetInputs()); err != nil {
			return fmt.Errorf("line %d: %w", b.lines.numbers[i], err)
		}
	}
	for _, axis := range req.GetAxes() {
		for i := range axis.GetValues() {
			one := map[string]*pb.InputValue{axis.GetInputName(): axis.GetValues()[i]}
			if err := handin.Resolve(ctx, client, b.IO, one); err != nil {
				return err
			}
			axis.Values[i] = one[axis.GetInputName()]
		}
	}
	return nil
}

var (
	itemPath = regexp.MustCompile(`^items\[(\d+)\]\.inputs(?:\["([^"]+)"\])?`)
	axisPath = regexp.MustCompile(`^axes\[(\d+)\]`)
)

// explain names what is wrong by the lines and options that it stands in.
func (b *batch) explain(err error) error {
	err = problem.OfferNext(err, func(next string) string { return flags.Retimed(b.Args, next) })
	return problem.Rename(err, func(path string) string {
		if item := itemPath.FindStringSubmatch(path); item != nil {
			if n, _ := strconv.Atoi(item[1]); n < len(b.lines.numbers) {
				return strings.TrimSuffix(fmt.Sprintf("line %d: %s", b.lines.numbers[n], item[2]), ": ")
			}
		}
		if axis := axisPath.FindStringSubmatch(path); axis != nil {
			if n, _ := strconv.Atoi(axis[1]); n < len(b.Each) {
				name, _, _ := strings.Cut(b.Each[n], "=")
				return "--each " + name
			}
		}
		switch path {
		case "items":
			return "the series"
		case "count":
			return "--count"
		}
		return ""
	})
}

// show prints a fresh series.
func (b *batch) show(answer *pb.BookSeriesResponse) error {
	list := render.List{Answer: answer, IDs: ids(answer.GetJobs()), Table: render.JobTable(b.IO, b.Clock, answer.GetJobs(), b.names)}
	if err := list.Print(b.IO, b.Out); err != nil {
		return err
	}
	if b.IO.IsStdoutTTY() && !b.Out.JSON && !b.Out.Quiet {
		fmt.Fprintln(b.IO.Out, b.sentence(answer))
	}
	return nil
}

func (b *batch) sentence(answer *pb.BookSeriesResponse) string {
	first, last := extent(answer.GetJobs())
	return fmt.Sprintf("%s series %s: %d jobs, from %s to %s", b.IO.Green("Booked"), b.IO.Bold(refs.Short(answer.GetSeriesId())),
		len(answer.GetJobs()), b.Clock.Stamp(first), b.Clock.Stamp(last))
}

// extent is from when to when jobs have their slots.
func extent(jobs []*pb.Job) (first, last int64) {
	for i, j := range jobs {
		if i == 0 || api.StartMS(j) < first {
			first = api.StartMS(j)
		}
		last = max(last, api.EndMS(j))
	}
	return first, last
}
