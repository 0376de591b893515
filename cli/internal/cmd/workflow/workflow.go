// Package workflow is the commands for workflows: which there are, what they take and where they run; taking in, changing and
// measuring them.
package workflow

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// NewCmdWorkflow makes the command and those below it.
func NewCmdWorkflow(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "workflow",
		Short: "List, import and change workflows",
		Long: `List, import and change workflows: the graphs that can be booked, each with a form of what a booking may set.

Three commands lead from a file to a picture:
	comfysched workflow import fox.json
	comfysched workflow show fox
	comfysched book --workflow fox --next --download . "a red fox"

Who may import is a setting of the server. Administrators, and who imported a workflow, may change and delete it.`,
	}
	cmd.AddCommand(newCmdList(f), newCmdShow(f), newCmdImport(f), newCmdTemplates(f), newCmdEdit(f),
		newCmdSwitch(f, "enable", "Let workflows be booked again", "%s can be booked again", false),
		newCmdSwitch(f, "disable", "Switch workflows off", "%s is switched off", true),
		newCmdCheck(f), newCmdMeasure(f), newCmdDelete(f))
	return cmd
}

// workflowHelp describes how workflows are named.
const workflowHelp = `A workflow is named by its id, as 'comfysched workflow list' shows it.`

// rowHelp describes the columns of a workflow for programs.
const rowHelp = `In a pipe each workflow is one tab-separated line:
id, state (bookable, off or cannot run), source, length of its slot in milliseconds (empty when it is not known), version,
title, problems`

// get reads a workflow; hidden asks also for the inputs that are not part of its form.
func get(ctx context.Context, client *api.Client, id string, hidden bool) (*pb.GetWorkflowResponse, error) {
	return client.Workflows.GetWorkflow(ctx, &pb.GetWorkflowRequest{WorkflowId: id, ShowHidden: hidden})
}

// asker reads the form of the workflow that the first argument names, for completion.
func asker(hidden bool) factory.FormAsker {
	return func(ctx context.Context, client *api.Client, args []string) (*pb.Workflow, error) {
		if len(args) == 0 {
			return nil, nil
		}
		found, err := get(ctx, client, args[0], hidden)
		return found.GetWorkflow(), err
	}
}

// answer is the server's answer about one workflow.
type answer interface {
	proto.Message
	GetWorkflow() *pb.Workflow
}

// result shows an answer as the options ask: its JSON, the workflow's id, a row in a pipe, and what tell prints to a person.
func result(f *factory.Factory, out flags.Out, a answer, tell func(*pb.Workflow) error) error {
	switch {
	case out.JSON:
		return render.JSON(f.IO, a)
	case out.Quiet:
		_, err := fmt.Fprintln(f.IO.Out, a.GetWorkflow().GetSummary().GetId())
		return err
	case f.IO.IsStdoutTTY():
		return tell(a.GetWorkflow())
	}
	return table(f, []*pb.WorkflowSummary{a.GetWorkflow().GetSummary()}).Print()
}
