package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// history is a server with that many jobs; page tokens are how many were told.
func history(total int) *servertest.Scheduler {
	return &servertest.Scheduler{
		List: func(_ context.Context, req *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
			from, _ := strconv.Atoi(req.GetPageToken())
			to := min(from+int(req.GetPageSize()), total)
			var answer pb.ListJobsResponse
			for n := from; n < to; n++ {
				answer.Jobs = append(answer.Jobs, &pb.Job{
					Id:       fmt.Sprintf("01a20620-0a48-72b1-9629-c5af%08d", n),
					WorkerId: "main",
					Prompt:   "a fox",
					Seed:     new(uint64),
				})
			}
			if to < total {
				answer.NextPageToken = strconv.Itoa(to)
			}
			return &answer, nil
		},
	}
}

func run(t *testing.T, s *servertest.Scheduler, width int, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	f, term := servertest.With(t, s)
	term.SetTTY(width, false)
	f.Args = append([]string{"list"}, args...)
	code = root.Run(t.Context(), f)
	return code, term.Out.String(), term.Err.String()
}

const pipe, terminal = 0, 80

// A list that stops says so, unless a program chose where it stops.
func TestAListThatStopsSaysSo(t *testing.T) {
	const more = "there are more than these %d jobs; --all lists them all\n"
	for name, c := range map[string]struct {
		width, total int
		args         []string
		lines        int
		stderr       string
	}{
		"rows":            {pipe, 60, nil, 50, fmt.Sprintf(more, 50)},
		"ids":             {pipe, 60, []string{"--quiet"}, 50, fmt.Sprintf(more, 50)},
		"JSON":            {pipe, 60, []string{"--json"}, 1, fmt.Sprintf(more, 50)},
		"exactly all":     {pipe, 50, nil, 50, ""},
		"chosen":          {pipe, 60, []string{"--limit", "5"}, 5, ""},
		"everything":      {pipe, 1234, []string{"--all"}, 1234, ""},
		"nothing":         {pipe, 0, nil, 0, ""},
		"people":          {terminal, 60, nil, 51, fmt.Sprintf(more, 50)},
		"people chose":    {terminal, 60, []string{"--limit", "5"}, 6, fmt.Sprintf(more, 5)},
		"people, all":     {terminal, 1234, []string{"--all"}, 1235, ""},
		"people, nothing": {terminal, 0, nil, 0, "No jobs.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := run(t, history(c.total), c.width, c.args...)
			if code != exitcode.OK || strings.Count(stdout, "\n") != c.lines || stderr != c.stderr {
				t.Errorf("exit code %d, %d lines, stderr %q", code, strings.Count(stdout, "\n"), stderr)
			}
		})
	}
}

// JSON of any length is one object with the list in it, also when the list is empty.
func TestJSONIsOneObjectWithItsList(t *testing.T) {
	for _, width := range []int{pipe, terminal} {
		for total, args := range map[int][]string{0: {"--json"}, 1: {"--json"}, 60: {"--json"}, 1234: {"--json", "--all"}} {
			code, stdout, _ := run(t, history(total), width, args...)
			var object struct {
				Jobs []struct {
					ID     string
					Seed   string
					Hidden *bool
				}
				NextPageToken *string
			}
			if err := json.Unmarshal([]byte(stdout), &object); err != nil || code != exitcode.OK {
				t.Fatalf("%d jobs: exit code %d, %v:\n%.200s", total, code, err, stdout)
			}
			if object.Jobs == nil || object.NextPageToken == nil || (*object.NextPageToken == "") != (total != 60) {
				t.Errorf("%d jobs: %.200s", total, stdout)
			}
			if want := min(total, 50); len(args) == 1 && len(object.Jobs) != want || len(args) == 2 && len(object.Jobs) != total {
				t.Errorf("%d of %d jobs", len(object.Jobs), total)
			}
			for _, j := range object.Jobs {
				if j.Seed != "0" || j.Hidden == nil {
					t.Fatalf("a zero or false is missing: %.300s", stdout)
				}
			}
		}
	}
}

// Pages are printed as they come: what was read before the server went away is there, and JSON is cut off.
func TestPagesAreStreamed(t *testing.T) {
	broken := history(1234)
	whole := broken.List
	broken.List = func(ctx context.Context, req *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
		if req.GetPageToken() == "1000" {
			return nil, status.Error(codes.Unavailable, "away")
		}
		return whole(ctx, req)
	}
	if code, stdout, _ := run(t, broken, pipe, "--all", "--quiet"); code != exitcode.Unavailable || strings.Count(stdout, "\n") != 1000 {
		t.Errorf("exit code %d, %d lines", code, strings.Count(stdout, "\n"))
	}
	if code, stdout, _ := run(t, broken, pipe, "--all", "--json"); code != exitcode.Unavailable || json.Valid([]byte(stdout)) {
		t.Errorf("exit code %d, valid JSON: %.100s", code, stdout)
	}
}
