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
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// newCmdSeriesList makes the command that lists the caller's series.
func newCmdSeriesList(f *factory.Factory) *cobra.Command {
	var out flags.Out
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List your series, the latest first",
		Long: `List your series, the latest first, as far as they are among your latest ` + fmt.Sprint(ownJobs) + ` jobs.

In a pipe each series is one tab-separated line:
id, jobs, of these ended, start, end (RFC 3339), prompt of the first

--json prints the jobs.`,
		Example: "  comfysched series list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			answer, err := ownInSeries(cmd.Context(), client)
			if err != nil {
				return err
			}
			groups := grouped(answer.GetJobs())
			var found []string
			for _, g := range groups {
				found = append(found, g[0].GetSeriesId())
			}
			return render.List{Answer: answer, IDs: found, Table: seriesTable(f, groups), None: "No series."}.Print(f.IO, out)
		},
	}
	out.Bind(cmd, "the series' ids")
	return cmd
}

// ownJobs bounds the jobs among which series are looked for.
const ownJobs = 2000

// ownInSeries reads the caller's latest jobs that belong to a series.
func ownInSeries(ctx context.Context, client *api.Client) (*pb.ListJobsResponse, error) {
	me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if err != nil {
		return nil, err
	}
	all := &pb.ListJobsResponse{}
	_, err = api.ReadPages(ownJobs, func(size int32, token string) (int, string, error) {
		page, err := client.Scheduler.ListJobs(ctx, &pb.ListJobsRequest{UserId: me.GetUser().GetId(), PageSize: size, PageToken: token})
		for _, j := range page.GetJobs() {
			if j.GetSeriesId() != "" {
				all.Jobs = append(all.Jobs, j)
			}
		}
		return len(page.GetJobs()), page.GetNextPageToken(), err
	})
	return all, err
}

// grouped gathers jobs by their series, each in its order.
func grouped(jobs []*pb.Job) (groups [][]*pb.Job) {
	at := map[string]int{}
	for _, j := range jobs {
		i, seen := at[j.GetSeriesId()]
		if !seen {
			i = len(groups)
			at[j.GetSeriesId()], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], j)
	}
	for _, g := range groups {
		inOrder(g)
	}
	return groups
}

// inOrder sorts the jobs of a series.
func inOrder(jobs []*pb.Job) {
	slices.SortFunc(jobs, func(a, b *pb.Job) int { return cmp.Compare(a.GetSeriesIndex(), b.GetSeriesIndex()) })
}

func seriesTable(f *factory.Factory, groups [][]*pb.Job) *render.Table {
	t := render.NewTable(f.IO)
	if f.IO.IsStdoutTTY() {
		t = render.NewTable(f.IO, "ID", "JOBS", "ENDED", "START ("+f.Clock.ZoneName()+")", "END", "PROMPT")
	}
	for _, jobs := range groups {
		first, last := extent(jobs)
		ended := 0
		for _, j := range jobs {
			if api.Ended(j) {
				ended++
			}
		}
		id, start, end, about := jobs[0].GetSeriesId(), f.Clock.Exact(first), f.Clock.Exact(last), jobs[0].GetPrompt()
		if f.IO.IsStdoutTTY() {
			id, start, end, about = refs.Short(id), f.Clock.Cell(first), f.Clock.Cell(last), render.About(jobs[0])
		}
		t.Row(render.Text(id), render.Text(fmt.Sprint(len(jobs))), render.Text(fmt.Sprint(ended)), render.Text(start), render.Text(end),
			render.Text(about))
	}
	return t
}

// seriesID finds the series that somebody names: by its id, by the end of that of an own one, or by one of its jobs.
func seriesID(ctx context.Context, client *api.Client, ref string) (string, error) {
	if id, err := uuid.Parse(ref); err == nil {
		job, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id.String()})
		if err == nil && job.GetJob().GetSeriesId() != "" {
			return job.GetJob().GetSeriesId(), nil
		}
		return id.String(), nil
	}
	end, _, err := refs.ParseID("series", ref)
	if err != nil {
		return "", err
	}
	own, err := ownInSeries(ctx, client)
	if err != nil {
		return "", err
	}
	var found []string
	for _, j := range own.GetJobs() {
		found = append(found, j.GetSeriesId())
	}
	id, err := refs.PickID("series", end, found)
	if err == nil {
		return id, nil
	}
	if answer, jobErr := refs.Job(ctx, client, ref); jobErr == nil && answer.GetJob().GetSeriesId() != "" {
		return answer.GetJob().GetSeriesId(), nil
	}
	return "", err
}

// ownSeries completes the ids of the caller's series, as 'series list' shows them.
func ownSeries(ctx context.Context, client *api.Client, typed string) (words []cobra.Completion, err error) {
	own, err := ownInSeries(ctx, client)
	for _, g := range grouped(own.GetJobs()) {
		id := g[0].GetSeriesId()
		if short := refs.Short(id); strings.HasPrefix(short, typed) {
			id = short
		}
		if strings.HasPrefix(id, typed) {
			words = append(words, cobra.CompletionWithDesc(id, term.Line(fmt.Sprintf("%d jobs: %s", len(g), render.About(g[0])))))
		}
	}
	return words, err
}
