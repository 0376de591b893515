package factory

import (
	"context"
	"os"
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

// completionTime is how long somebody who pressed the tab key is let wait.
const completionTime = 2 * time.Second

// Words finds completions of what was typed in the live state.
type Words func(s *pb.StateSnapshot, typed string) []cobra.Completion

// Jobs completes job ids, described by status and prompt.
func Jobs(s *pb.StateSnapshot, typed string) []cobra.Completion {
	return jobs(s, typed, func(*pb.Job) bool { return true })
}

// ScheduledJobs completes the ids of jobs that may still be changed.
func ScheduledJobs(s *pb.StateSnapshot, typed string) []cobra.Completion {
	return jobs(s, typed, func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED })
}

// OpenJobs completes the ids of jobs that have not ended.
func OpenJobs(s *pb.StateSnapshot, typed string) []cobra.Completion {
	return jobs(s, typed, func(j *pb.Job) bool { return !api.Ended(j) })
}

// CompletedJobs completes the ids of jobs that have results.
func CompletedJobs(s *pb.StateSnapshot, typed string) []cobra.Completion {
	return jobs(s, typed, func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_COMPLETED })
}

// jobs offers ids as tables show them, and whole ones to somebody who began to type one.
func jobs(s *pb.StateSnapshot, typed string, wanted func(*pb.Job) bool) (words []cobra.Completion) {
	for _, whole := range []bool{false, true} {
		for _, j := range s.GetJobs() {
			id := j.GetId()
			if !whole {
				id = refs.Short(id)
			}
			if wanted(j) && strings.HasPrefix(id, typed) {
				text := []rune(term.Line(render.StatusWord(j.GetStatus()) + " " + render.Prompt(j)))
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
func Workflows(s *pb.StateSnapshot, _ string) (words []cobra.Completion) {
	for _, w := range s.GetWorkflows() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), term.Line(w.GetTitle())))
	}
	return words
}

// Workers completes worker ids.
func Workers(s *pb.StateSnapshot, _ string) (words []cobra.Completion) {
	for _, w := range s.GetSystem().GetWorkers() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), term.Line(w.GetDevice())))
	}
	return words
}

// CompleteArgs completes arguments from the server; a command with one argument completes only that.
func (f *Factory) CompleteArgs(words Words, limit int) cobra.CompletionFunc {
	return f.Complete(limit, func(ctx context.Context, client *api.Client, typed string) ([]cobra.Completion, error) {
		state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
		return words(state.GetSnapshot(), typed), err
	})
}

// Asker asks the server for completions of what was typed.
type Asker func(ctx context.Context, client *api.Client, typed string) ([]cobra.Completion, error)

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
func (f *Factory) CompleteFlag(cmd *cobra.Command, flag string, words Words) {
	err := cmd.RegisterFlagCompletionFunc(flag, f.CompleteArgs(words, 0))
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
