package workflow

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdList(f *factory.Factory) *cobra.Command {
	var out flags.Out
	var limit flags.Limit
	cmd := &cobra.Command{
		Use:     "list [WORDS]",
		Aliases: []string{"ls"},
		Short:   "List workflows, or those with some words",
		Long: `List workflows, those of the server's configuration first: all, or those with some words in id, title, description or tags.

The time is that of the slot which a booking would get, with a workflow's defaults and on the fastest worker. A "~" means that
it is a guess: the workflow has not run there yet.

` + rowHelp + `.`,
		Example: `  comfysched workflow list
  comfysched workflow list upscale --json | jq -r '.workflows[].id'`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			query, err := words(args)
			if err != nil {
				return err
			}
			if err := limit.Check(); err != nil {
				return err
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			read := func(size int32, token string) (render.Page, error) {
				answer, err := client.Workflows.ListWorkflows(cmd.Context(), &pb.ListWorkflowsRequest{
					PageSize:  size,
					PageToken: token,
					Query:     query,
				})
				return render.Page{Answer: answer, IDs: ids(answer.GetWorkflows()), Table: table(f, answer.GetWorkflows())}, err
			}
			return render.Pages{Things: "workflows", None: "No workflows.", Limit: &limit, Read: read}.Print(f.IO, out)
		},
	}
	limit.Bind(cmd, "workflows")
	out.Bind(cmd, "ids")
	return cmd
}

// words are arguments to look for. An empty one is refused: a script meant something by it.
func words(args []string) (string, error) {
	query := strings.Join(args, " ")
	if len(args) > 0 && strings.TrimSpace(query) == "" {
		return "", exitcode.Usagef("there are no words to look for")
	}
	return query, nil
}

func ids(workflows []*pb.WorkflowSummary) (out []string) {
	for _, w := range workflows {
		out = append(out, w.GetId())
	}
	return out
}

func table(f *factory.Factory, workflows []*pb.WorkflowSummary) *render.Table {
	if !f.IO.IsStdoutTTY() {
		t := render.NewTable(f.IO)
		for _, w := range workflows {
			length := ""
			if e := fastest(w); e != nil {
				length = fmt.Sprint(e.GetSlotDurationMs())
			}
			state, _ := state(f, w)
			t.Row(render.Text(w.GetId()), render.Text(state), render.Text(source(w)), render.Text(length),
				render.Text(w.GetVersion()), render.Text(w.GetTitle()), render.Text(strings.Join(w.GetProblems(), "; ")))
		}
		return t
	}
	t := render.NewTable(f.IO, "ID", "TITLE", "SOURCE", "STATE", "TIME", "PROBLEMS")
	t.Names = []string{"TITLE"}
	for _, w := range workflows {
		state, style := state(f, w)
		from := strings.TrimSuffix(source(w), "uration")
		t.Row(render.Text(w.GetId()), render.Text(cut(w.GetTitle(), 32)), render.Text(from), render.Cell{Text: state, Style: style},
			render.Text(length(w)), render.Text(problems(w)))
	}
	return t
}

// state says in a word or two whether a workflow can be booked.
func state(f *factory.Factory, w *pb.WorkflowSummary) (text string, style func(string) string) {
	switch {
	case w.GetDisabled():
		return "off", f.IO.Faint
	case w.GetBookable():
		return "bookable", f.IO.Green
	}
	return "cannot run", f.IO.Red
}

// source names where a workflow comes from as the API's JSON does, without its prefix: "folder".
func source(w *pb.WorkflowSummary) string {
	if w.GetSource() == pb.WorkflowSource_WORKFLOW_SOURCE_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(w.GetSource().String(), "WORKFLOW_SOURCE_"))
}

// fastest is the estimate of the worker that takes the least time; nil when none is known.
func fastest(w *pb.WorkflowSummary) (least *pb.WorkflowEstimate) {
	for _, e := range w.GetEstimates() {
		if least == nil || e.GetSlotDurationMs() < least.GetSlotDurationMs() {
			least = e
		}
	}
	return least
}

// length is the length of the slot of a workflow for people.
func length(w *pb.WorkflowSummary) string {
	e := fastest(w)
	switch {
	case e == nil:
		return ""
	case e.GetBasis() == pb.EstimateBasis_ESTIMATE_BASIS_GUESS:
		return "~" + when.Millis(e.GetSlotDurationMs())
	}
	return when.Millis(e.GetSlotDurationMs())
}

// problems puts what keeps a workflow from running into one line: how many, where there are several, and the first.
func problems(w *pb.WorkflowSummary) string {
	switch all := w.GetProblems(); len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	default:
		return fmt.Sprintf("%d: %s", len(all), all[0])
	}
}
