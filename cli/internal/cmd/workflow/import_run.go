package workflow

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// mostContent is the largest file that goes with the call; larger ones are uploaded before.
const mostContent = 2 << 20

func (o *importOptions) run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	req := &pb.ImportWorkflowRequest{
		Title:      o.Title,
		WorkflowId: o.ID,
		WorkerId:   o.Worker,
		CheckOnly:  o.Check,
		RequestId:  uuid.NewString(),
	}
	if err := o.source(ctx, client, req); err != nil {
		return err
	}
	answer, err := api.Once(ctx, func(ctx context.Context) (*pb.ImportWorkflowResponse, error) {
		return client.Workflows.ImportWorkflow(ctx, req)
	})
	if err != nil {
		return o.refused(err)
	}
	if !o.IO.IsStdoutTTY() && o.Out == (flags.Out{}) {
		o.notes(o.IO.Err, answer.GetNotes())
	}
	return result(o.Factory, o.Out, answer, func(*pb.Workflow) error { return o.tell(answer) })
}

// name names the file or template in messages.
func (o *importOptions) name() string {
	switch {
	case o.Template != "":
		return o.Template
	case o.File == "-":
		return "standard input"
	}
	return filepath.Base(o.File)
}

// source adds to a request where the workflow is. A file that is too large for a call is uploaded, as it is read.
func (o *importOptions) source(ctx context.Context, client *api.Client, req *pb.ImportWorkflowRequest) error {
	if o.Template != "" {
		req.Source = &pb.ImportWorkflowRequest_Template{Template: o.Template}
		return nil
	}
	var in io.Reader = o.IO.In
	if o.File != "-" {
		file, err := os.Open(o.File)
		if err != nil {
			return exitcode.Usagef("%w", err)
		}
		defer func() { _ = file.Close() }()
		in, req.Filename = file, filepath.Base(o.File)
	} else if o.IO.IsStdinTTY() {
		return exitcode.Usagef("nothing comes in on standard input: 'comfysched workflow import - < FILE'")
	}
	first, err := io.ReadAll(io.LimitReader(in, mostContent+1))
	switch {
	case err != nil:
		return exitcode.Usagef("%s: %w", o.name(), err)
	case len(first) == 0:
		return exitcode.Usagef("%s is empty", o.name())
	case len(first) <= mostContent:
		req.Source = &pb.ImportWorkflowRequest_Content{Content: first}
		return nil
	}
	id, err := client.Upload(ctx, req.GetFilename(), io.MultiReader(bytes.NewReader(first), in), -1)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name(), err)
	}
	req.Source = &pb.ImportWorkflowRequest_UploadId{UploadId: id}
	return nil
}

// refused tells why a file was not taken: several reasons a line each.
func (o *importOptions) refused(err error) error {
	reasons := problem.Refusals(err)
	if len(reasons) < 2 {
		return fmt.Errorf("%s: %w", o.name(), err)
	}
	for _, reason := range reasons {
		fmt.Fprintf(o.IO.Err, "%s: %s\n", term.Line(o.name()), term.Line(reason))
	}
	return exitcode.Errorf(problem.Code(err), "%s cannot be taken, for %d reasons", o.name(), len(reasons))
}

// notes prints what should be known of a workflow.
func (o *importOptions) notes(w io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintf(w, "%s %s\n", o.IO.Yellow("note:"), hang(term.Line(note), 6, o.IO.Width()))
	}
}

// tell says to a person what came of it: what the workflow takes, whether it can run, and how it is booked.
func (o *importOptions) tell(answer *pb.ImportWorkflowResponse) error {
	w := answer.GetWorkflow()
	s := w.GetSummary()
	verb := "Imported"
	switch {
	case o.Check:
		verb = "Can be imported"
	case answer.GetKnown():
		verb = "Known already"
	}
	title := ""
	if s.GetTitle() != "" && s.GetTitle() != s.GetId() {
		title = fmt.Sprintf(" (%s)", term.Line(s.GetTitle()))
	}
	fmt.Fprintf(o.IO.Out, "%s: %s%s\n", o.IO.Green(verb), o.IO.Bold(s.GetId()), title)
	o.notes(o.IO.Out, answer.GetNotes())
	if err := formTable(o.Factory, w); err != nil {
		return err
	}
	if err := fitness(o.Factory, w); err != nil || o.Check || !s.GetBookable() {
		return err
	}
	_, err := fmt.Fprintf(o.IO.Out, "\nBook it: %s\n", o.IO.Bold(command(w)))
	return err
}
