package factory

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// completionTime is how long somebody who pressed the tab key is let wait.
const completionTime = 2 * time.Second

// Words finds completions in the live state.
type Words func(*pb.StateSnapshot) []cobra.Completion

// Jobs completes job ids, described by status and prompt.
func Jobs(s *pb.StateSnapshot) []cobra.Completion { return jobs(s, func(*pb.Job) bool { return true }) }

// ScheduledJobs completes the ids of jobs that may still be changed.
func ScheduledJobs(s *pb.StateSnapshot) []cobra.Completion {
	return jobs(s, func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED })
}

// OpenJobs completes the ids of jobs that have not ended.
func OpenJobs(s *pb.StateSnapshot) []cobra.Completion {
	return jobs(s, func(j *pb.Job) bool { return !jobview.Ended(j) })
}

// CompletedJobs completes the ids of jobs that have results.
func CompletedJobs(s *pb.StateSnapshot) []cobra.Completion {
	return jobs(s, func(j *pb.Job) bool { return j.GetStatus() == pb.JobStatus_JOB_STATUS_COMPLETED })
}

func jobs(s *pb.StateSnapshot, wanted func(*pb.Job) bool) (words []cobra.Completion) {
	for _, j := range s.GetJobs() {
		if wanted(j) {
			text := []rune(plaintext.Line(jobview.StatusWord(j.GetStatus()) + " " + jobview.Prompt(j)))
			words = append(words, cobra.CompletionWithDesc(j.GetId(), string(text[:min(len(text), 60)])))
		}
	}
	return words
}

// Workflows completes workflow ids.
func Workflows(s *pb.StateSnapshot) (words []cobra.Completion) {
	for _, w := range s.GetWorkflows() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), plaintext.Line(w.GetTitle())))
	}
	return words
}

// Workers completes worker ids.
func Workers(s *pb.StateSnapshot) (words []cobra.Completion) {
	for _, w := range s.GetSystem().GetWorkers() {
		words = append(words, cobra.CompletionWithDesc(w.GetId(), plaintext.Line(w.GetDevice())))
	}
	return words
}

// CompleteArgs completes arguments from the server; a command with one argument completes only that.
func (f *Factory) CompleteArgs(words Words, limit int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if limit > 0 && len(args) >= limit {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f.complete(cmd.Context(), words), cobra.ShellCompDirectiveNoFileComp
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
func (f *Factory) complete(ctx context.Context, words Words) []cobra.Completion {
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
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return nil
	}
	return words(state.GetSnapshot())
}

// Explainer puts errors into words for this terminal and server.
func (f *Factory) Explainer() problem.Explainer {
	addr, err := f.Server()
	if err != nil {
		return problem.Explainer{Clock: f.Clock}
	}
	return problem.Explainer{Clock: f.Clock, Server: addr.String()}
}
