// Package worker is the commands for the workers, the ComfyUI instances of a server.
package worker

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const byDefault = "Without WORKER it is the server's first."

// NewCmdWorker makes the command and those below it.
func NewCmdWorker(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "List workers; pause, restart and take them out of service, read their logs",
		Long: `List workers, each of which is one ComfyUI and a lane of the timeline, and keep them: pause, resume, restart, take out of service,
read the log. Everybody may list and show them, administrators may do the rest.`,
	}
	cmd.AddCommand(newCmdList(f), newCmdShow(f), newCmdOutOfService(f), newCmdReturn(f))
	cmd.AddCommand(newCmdPause(f), newCmdResume(f), newCmdRestart(f), newCmdLog(f))
	return cmd
}

func newCmdResume(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "resume [WORKER]",
		Short:             "End a worker's pause, or take it back",
		Long:              "End a worker's pause, or take it back before it has begun. It does no harm when there is none. " + byDefault,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, worker, err := named(cmd.Context(), f, args)
			if err != nil {
				return err
			}
			if _, err := client.Workers.ResumeWorker(cmd.Context(), &pb.ResumeWorkerRequest{WorkerId: worker}); err != nil {
				return err
			}
			return f.IO.Tell("%s takes jobs", term.Line(worker))
		},
	}
}

func newCmdRestart(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "restart [WORKER]",
		Short: "Stop and start a worker's ComfyUI",
		Long: `Stop and start a worker's ComfyUI. The job that runs there is booked again as a new attempt. How it goes is told by
'comfysched status' and 'comfysched watch'. ` + byDefault,
		Example: `  comfysched worker restart
  until comfysched status --check --quiet; do sleep 1; done`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, worker, err := named(cmd.Context(), f, args)
			if err != nil {
				return err
			}
			if _, err := client.Workers.RestartWorker(cmd.Context(), &pb.RestartWorkerRequest{WorkerId: worker}); err != nil {
				return err
			}
			return f.IO.Tell("Restarting %s; 'comfysched status' tells how it goes", term.Line(worker))
		},
	}
}

func newCmdLog(f *factory.Factory) *cobra.Command {
	var lines int32
	var json bool
	cmd := &cobra.Command{
		Use:               "log [WORKER]",
		Short:             "Print the last lines that a worker's ComfyUI wrote",
		Long:              "Print the last lines that a worker's ComfyUI wrote, oldest first. " + byDefault,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lines < 1 || lines > 1000 {
				return exitcode.Usagef("--lines: from 1 to 1000")
			}
			client, worker, err := named(cmd.Context(), f, args)
			if err != nil {
				return err
			}
			answer, err := client.Workers.GetWorkerLog(cmd.Context(), &pb.GetWorkerLogRequest{WorkerId: worker, Lines: lines})
			if err != nil {
				return err
			}
			if json {
				return render.JSON(f.IO, answer)
			}
			for _, line := range answer.GetLines() {
				if _, err := fmt.Fprintln(f.IO.Out, term.Block(line)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().Int32VarP(&lines, "lines", "n", 100, "lines at most")
	cmd.Flags().BoolVar(&json, "json", false, "print the API's JSON")
	return cmd
}

// named is the worker that the arguments name, else the first one.
func named(ctx context.Context, f *factory.Factory, args []string) (client *api.Client, worker string, err error) {
	if client, err = f.Client(); err != nil {
		return nil, "", err
	}
	if len(args) == 1 {
		return client, args[0], nil
	}
	answer, err := client.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{PageSize: 1})
	if err != nil {
		return nil, "", err
	}
	if len(answer.GetWorkers()) == 0 {
		return nil, "", exitcode.Errorf(exitcode.NotFound, "the server has no worker yet")
	}
	return client, answer.GetWorkers()[0].GetId(), nil
}
