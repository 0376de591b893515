package job

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// newCmdSeriesList makes the command that lists series.
func newCmdSeriesList(f *factory.Factory) *cobra.Command {
	var user string
	cmd := &cobra.Command{
		Short: "List your series, the latest first",
		Long: `List your series, or those of another user, the latest first.

In a pipe each series is one tab-separated line:
id, jobs, of these ended, start, end (RFC 3339), prompt of the first`,
		Example: `  comfysched series list
  comfysched series list --json | jq -r '.series[].id'`,
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&user, "user", "u", "", "those of this user: a `name` or id")
	req := &pb.ListSeriesRequest{}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (page render.Page, err error) {
		if token == "" {
			if req.UserId, req.UserName, err = owner(ctx, client, user, user == ""); err != nil {
				return page, err
			}
		}
		req.PageSize, req.PageToken = size, token
		answer, err := client.Scheduler.ListSeries(ctx, req)
		page = render.Page{Answer: answer, Table: seriesTable(f, answer.GetSeries())}
		for _, s := range answer.GetSeries() {
			page.IDs = append(page.IDs, s.GetId())
		}
		return page, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "series", None: "No series.", IDs: "the series' ids", Read: read})
}

// owner is the user whose things are asked for, by id or by name: the caller, or the one that is named.
func owner(ctx context.Context, client *api.Client, named string, mine bool) (id, name string, err error) {
	if mine {
		me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
		return me.GetUser().GetId(), "", err
	}
	if id, err := uuid.Parse(named); err == nil {
		return id.String(), "", nil
	}
	return "", named, nil
}

// inOrder sorts the jobs of a series.
func inOrder(jobs []*pb.Job) {
	slices.SortFunc(jobs, func(a, b *pb.Job) int { return cmp.Compare(a.GetSeriesIndex(), b.GetSeriesIndex()) })
}

func seriesTable(f *factory.Factory, all []*pb.Series) *render.Table {
	t := render.NewTable(f.IO)
	if f.IO.IsStdoutTTY() {
		t = render.NewTable(f.IO, "ID", "JOBS", "ENDED", "START ("+f.Clock.ZoneName()+")", "END", "PROMPT")
	}
	for _, s := range all {
		slot, first := s.GetTimeSlot(), s.GetFirstJob()
		id, moment, about := s.GetId(), f.Clock.Exact, first.GetPrompt()
		if f.IO.IsStdoutTTY() {
			id, moment, about = refs.Short(id), f.Clock.Cell, render.About(first)
		}
		ended := s.GetCompletedCount() + s.GetFailedCount() + s.GetCancelledCount()
		t.Row(
			render.Text(id),
			render.Text(fmt.Sprint(s.GetJobCount())),
			render.Text(fmt.Sprint(ended)),
			render.Text(moment(slot.GetStartMs())),
			render.Text(moment(slot.GetEndMs())),
			render.Text(about),
		)
	}
	return t
}

// seriesID finds the series that somebody names: by its id, by the end of it, or by one of its jobs.
func seriesID(ctx context.Context, client *api.Client, ref string) (string, error) {
	end, whole, err := refs.ParseID("series", ref)
	if err != nil {
		return "", err
	}
	if whole {
		job, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: end})
		if err == nil && job.GetJob().GetSeriesId() != "" {
			return job.GetJob().GetSeriesId(), nil
		}
		return end, nil
	}
	answer, err := client.Scheduler.ListSeries(ctx, &pb.ListSeriesRequest{IdSuffix: end, PageSize: 2})
	if err != nil {
		return "", err
	}
	var found []string
	for _, s := range answer.GetSeries() {
		found = append(found, s.GetId())
	}
	id, err := refs.PickID("series", end, found)
	if len(found) > 0 {
		return id, err
	}
	if answer, jobErr := refs.Job(ctx, client, ref); jobErr == nil && answer.GetJob().GetSeriesId() != "" {
		return answer.GetJob().GetSeriesId(), nil
	}
	return "", err
}

// ownSeries completes the ids of the caller's series, as 'series list' shows them.
func ownSeries(ctx context.Context, client *api.Client, typed string) (words []cobra.Completion, err error) {
	id, _, err := owner(ctx, client, "", true)
	if err != nil {
		return nil, err
	}
	own, err := client.Scheduler.ListSeries(ctx, &pb.ListSeriesRequest{UserId: id, PageSize: 100})
	for _, s := range own.GetSeries() {
		id := s.GetId()
		if short := refs.Short(id); strings.HasPrefix(short, typed) {
			id = short
		}
		if strings.HasPrefix(id, typed) {
			about := fmt.Sprintf("%d jobs: %s", s.GetJobCount(), render.About(s.GetFirstJob()))
			words = append(words, cobra.CompletionWithDesc(id, term.Line(about)))
		}
	}
	return words, err
}
