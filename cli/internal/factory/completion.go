package factory

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// completionTime bounds the wait of somebody who pressed the tab key.
const completionTime = 2 * time.Second

// mostWords bounds the number of things that are offered.
const mostWords = 500

// Asker asks the server for completions of what was typed.
type Asker func(ctx context.Context, client *api.Client, typed string) ([]cobra.Completion, error)

// Jobs completes job ids, described by status and prompt.
var Jobs = jobs(func(*pb.Job) bool { return true })

// ScheduledJobs completes the ids of jobs that may still be changed.
var ScheduledJobs = jobs(func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED })

// OpenJobs completes the ids of jobs that have not ended.
var OpenJobs = jobs(func(j *pb.Job) bool { return !api.Ended(j) })

// CompletedJobs completes the ids of jobs that have results.
var CompletedJobs = jobs(func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_COMPLETED })

// jobs completes the ids of wanted jobs of the live state.
func jobs(wanted func(*pb.Job) bool) Asker {
	return func(ctx context.Context, client *api.Client, typed string) ([]cobra.Completion, error) {
		state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
		if err != nil {
			return nil, err
		}
		return ids(slices.DeleteFunc(state.GetSnapshot().GetJobs(), func(j *pb.Job) bool { return !wanted(j) }), typed), nil
	}
}

// ids offers ids as tables show them, and whole ones to somebody who began to type one.
func ids(jobs []*pb.Job, typed string) (words []cobra.Completion) {
	for _, whole := range []bool{false, true} {
		for _, j := range jobs {
			id := j.GetId()
			if !whole {
				id = refs.Short(id)
			}
			if strings.HasPrefix(id, typed) {
				text := []rune(term.Line(render.StatusWord(j.GetStatus()) + " " + render.About(j)))
				words = append(words, cobra.CompletionWithDesc(id, string(text[:min(len(text), 60)])))
			}
		}
		if len(words) > 0 {
			break
		}
	}
	return words
}

// Workflows completes workflow ids.
func Workflows(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
	answer, err := client.Workflows.ListWorkflows(ctx, &pb.ListWorkflowsRequest{PageSize: mostWords})
	for _, w := range answer.GetWorkflows() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), term.Line(w.GetTitle())))
	}
	return words, err
}

// Workers completes worker ids.
func Workers(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
	answer, err := client.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{PageSize: mostWords})
	for _, w := range answer.GetWorkers() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), term.Line(w.GetDevice())))
	}
	return words, err
}

// Complete completes arguments, at most limit of them unless it is 0, by what ask finds on the server.
func (f *Factory) Complete(limit int, ask Asker) cobra.CompletionFunc {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if limit > 0 && len(args) >= limit {
			return nil, directive
		}
		return f.complete(cmd.Context(), typed, ask), directive
	}
}

// CompleteFlag completes an option's value from the server.
func (f *Factory) CompleteFlag(cmd *cobra.Command, flag string, ask Asker) {
	err := cmd.RegisterFlagCompletionFunc(flag, f.Complete(0, ask))
	if err != nil {
		panic(err) // the option does not exist
	}
}

// complete asks the server. It stays silent about failures, and never makes a user: pressing tab is no first contact.
func (f *Factory) complete(ctx context.Context, typed string, ask Asker) []cobra.Completion {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	f.Passive = true
	client, err := f.Client()
	if err != nil {
		return nil
	}
	words, err := ask(ctx, client, typed)
	if err != nil {
		return nil
	}
	return words
}

// Explainer puts errors into words for this terminal and server.
func (f *Factory) Explainer() problem.Explainer {
	addr, err := f.Server()
	if err != nil {
		return problem.Explainer{Clock: f.Clock}
	}
	return problem.Explainer{Clock: f.Clock, Server: addr.String(), GivenToken: os.Getenv("COMFYSCHED_TOKEN") != ""}
}
