package worker

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdList(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Short: "List the workers and how they are",
		Long: `List the workers, in the order of the server's configuration, and how they are. Everybody may.

In a pipe each worker is one tab-separated line: id, state, kind, device, title, reason. The state is that of its ComfyUI (ready,
booting, benchmarking, restarting, offline), paused, or out_of_service; the kind is simulated, remote or local.`,
		Example: `  comfysched worker list
  comfysched worker list --json | jq -r '.workers[].id'`,
	}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error) {
		answer, err := client.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{PageSize: size, PageToken: token})
		var ids []string
		for _, w := range answer.GetWorkers() {
			ids = append(ids, w.GetId())
		}
		return render.Page{Answer: answer, IDs: ids, Table: table(f, answer.GetWorkers())}, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "workers", None: "No workers.", IDs: "ids", Read: read})
}

func table(f *factory.Factory, workers []*pb.Worker) *render.Table {
	if !f.IO.IsStdoutTTY() {
		t := render.NewTable(f.IO)
		for _, w := range workers {
			t.Row(render.Text(w.GetId()), render.Text(state(f, w)), render.Text(kind(w)), render.Text(w.GetDevice()),
				render.Text(w.GetTitle()), render.Text(reason(w)))
		}
		return t
	}
	t := render.NewTable(f.IO, "ID", "TITLE", "STATE", "KIND", "DEVICE", "REASON")
	t.Names = []string{"TITLE", "DEVICE"}
	for _, w := range workers {
		word := state(f, w)
		style := f.IO.Yellow
		switch word {
		case "ready":
			style = f.IO.Green
		case "offline":
			style = f.IO.Red
		}
		t.Row(render.Text(w.GetId()), render.Text(w.GetTitle()), render.Cell{Text: strings.ReplaceAll(word, "_", " "), Style: style},
			render.Text(kind(w)), render.Text(w.GetDevice()), render.Text(reason(w)))
	}
	return t
}

// state says in one word whether jobs start on a worker, and else why not.
func state(f *factory.Factory, w *pb.Worker) string {
	switch slot := w.GetPause().GetTimeSlot(); {
	case w.GetOutOfService():
		return "out_of_service"
	case slot != nil && slot.GetStartMs() <= f.Clock.Now().UnixMilli() && w.GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY:
		return "paused"
	}
	return strings.ToLower(strings.TrimPrefix(w.GetStatus().String(), "WORKER_STATUS_"))
}

// reason says why, where there is something to say.
func reason(w *pb.Worker) string {
	if w.GetOutOfService() {
		return w.GetOutOfServiceReason()
	}
	return w.GetReason()
}

func kind(w *pb.Worker) string {
	switch {
	case w.GetSimulated():
		return "simulated"
	case w.GetRemote():
		return "remote"
	}
	return "local"
}

func newCmdShow(f *factory.Factory) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:               "show [WORKER]",
		Short:             "Tell everything about a worker",
		Long:              "Tell everything about a worker: how it is, its ComfyUI, its pause, and how its latest start went. " + byDefault,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, worker, err := named(cmd.Context(), f, args)
			if err != nil {
				return err
			}
			answer, err := client.Workers.GetWorker(cmd.Context(), &pb.GetWorkerRequest{WorkerId: worker})
			if err != nil {
				return err
			}
			if json {
				return render.JSON(f.IO, answer)
			}
			show(f, answer.GetWorker())
			return nil
		},
	}
	cmd.Flags().BoolVar(&json, "json", false, "print the API's JSON")
	return cmd
}

func show(f *factory.Factory, w *pb.Worker) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(f.IO.Out, "%s %s\n", f.IO.Faint(fmt.Sprintf("%-10s", name+":")), term.Line(value))
		}
	}
	line("worker", w.GetId())
	line("title", w.GetTitle())
	line("state", strings.ReplaceAll(state(f, w), "_", " "))
	line("reason", reason(w))
	line("kind", kind(w))
	line("ComfyUI", w.GetComfyuiVersion())
	line("device", w.GetDevice())
	if p := w.GetPause(); p != nil {
		line("pause", fmt.Sprintf("%s to %s %s by %s %s", f.Clock.Minute(p.GetTimeSlot().GetStartMs()),
			f.Clock.Minute(p.GetTimeSlot().GetEndMs()), f.Clock.ZoneName(), p.GetUserName(), p.GetReason()))
	}
	for _, s := range w.GetBootSteps() {
		stage := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.GetStage().String(), "BOOT_STAGE_")), "_", " ")
		outcome := strings.ToLower(strings.TrimPrefix(s.GetOutcome().String(), "BOOT_OUTCOME_"))
		line("boot", strings.TrimSpace(fmt.Sprintf("%-14s %-7s %s %s", stage, outcome, when.Millis(s.GetElapsedMs()), s.GetDetail())))
	}
}
