package workflow

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// editOptions are the options of workflow edit and what it works with.
type editOptions struct {
	*factory.Factory

	ID                             string
	Title, Description             string
	MainOutput, Thumbnail, Version string
	Tags, Clear, Order             []string
	Inputs                         inputOptions
	ResetForm                      bool
	Out                            flags.Out
}

// clearable are the words of --clear.
var clearable = []string{"description", "tags", "thumbnail", "main-output"}

func newCmdEdit(f *factory.Factory) *cobra.Command {
	opts := &editOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "edit ID",
		Short: "Change how a workflow is offered: its form and its texts",
		Long: `Change how a workflow is offered: its form and its texts. What is not named stays. A change of the form makes a new version; jobs
that are booked keep theirs. 'comfysched workflow show ID --hidden' lists what can be shown.

Options that name an input may be repeated. A value of several words, or with commas, is quoted: --choices 'size="1024, 512",768'.

` + workflowHelp + `

` + rowHelp + `.`,
		Example: `  comfysched workflow edit fox --title "Fox portrait" --tag animals
  comfysched workflow edit fox --label cfg=Guidance --max cfg=8 --default cfg=3
  comfysched workflow edit fox --show sampler --choices sampler=euler,heun
  comfysched workflow edit fox --order prompt,sampler --thumbnail 3f2a1b2c
  comfysched workflow edit fox --reset cfg`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workflows),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.ID = args[0]
			return opts.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&opts.Title, "title", "", "`name` for people")
	fs.StringVar(&opts.Description, "description", "", "what it does, in `words`")
	fs.StringArrayVar(&opts.Tags, "tag", nil, "`word` to find it by, instead of those it has; may be repeated")
	fs.StringVar(&opts.MainOutput, "main-output", "", "`node` whose result is the main one")
	fs.StringVar(&opts.Thumbnail, "thumbnail", "", "`job` of this workflow whose picture is to be the workflow's")
	fs.StringSliceVar(&opts.Clear, "clear", nil, "take these `texts` away: "+strings.Join(clearable, ", "))
	opts.Inputs.bind(fs)
	fs.StringSliceVar(&opts.Order, "order", nil, "`inputs` in the order in which to show them, the others after them")
	fs.BoolVar(&opts.ResetForm, "reset-form", false, "forget every change of the form first")
	fs.StringVar(&opts.Version, "if-version", "", "change the workflow only if this is still its `version`, as show prints it")
	opts.Out.Bind(cmd, "the workflow's id")
	opts.complete(cmd)
	return cmd
}

// complete completes the options from what the workflow has.
func (o *editOptions) complete(cmd *cobra.Command) {
	must := func(err error) {
		if err != nil {
			panic(err) // the option does not exist
		}
	}
	for _, option := range o.Inputs.named() {
		suffix := "="
		if option.single {
			suffix = ""
		}
		must(cmd.RegisterFlagCompletionFunc(option.name, o.Factory.Inputs(suffix, asker(true))))
	}
	must(cmd.RegisterFlagCompletionFunc("order", o.Factory.Inputs("", asker(false))))
	must(cmd.RegisterFlagCompletionFunc("clear", cobra.FixedCompletions(clearable, cobra.ShellCompDirectiveNoFileComp)))
	o.CompleteFlag(cmd, "thumbnail", factory.CompletedJobs)
	must(cmd.RegisterFlagCompletionFunc("main-output", o.Factory.Complete(0, nodes(o))))
}

func (o *editOptions) run(ctx context.Context) error {
	req := &pb.UpdateWorkflowRequest{WorkflowId: o.ID, Version: o.Version, ResetForm: o.ResetForm, Order: o.Order}
	if err := o.texts(req); err != nil {
		return err
	}
	empty := &pb.UpdateWorkflowRequest{WorkflowId: o.ID, Version: o.Version}
	if !o.Inputs.given() && o.Thumbnail == "" && proto.Equal(req, empty) {
		return exitcode.Usagef("say what to change")
	}
	client, err := o.Client()
	if err != nil {
		return err
	}
	if o.Thumbnail != "" {
		id, err := refs.JobID(ctx, client, o.Thumbnail)
		if err != nil {
			return err
		}
		req.ThumbnailJobId = &id
	}
	if err := o.inputs(ctx, client, req); err != nil {
		return err
	}
	answer, err := client.Workflows.UpdateWorkflow(ctx, req)
	if err != nil {
		return problem.Rename(err, func(path string) string { return optionOf(req, path) })
	}
	return result(o.Factory, o.Out, answer, func(w *pb.Workflow) error {
		if err := o.IO.Tell("%s %s", o.IO.Green("Changed"), o.IO.Bold(w.GetSummary().GetId())); err != nil {
			return err
		}
		return formTable(o.Factory, w)
	})
}

// texts adds to a request what is said of the workflow as a whole.
func (o *editOptions) texts(req *pb.UpdateWorkflowRequest) error {
	set := func(to **string, value string) {
		if value != "" {
			*to = &value
		}
	}
	set(&req.Title, o.Title)
	set(&req.Description, o.Description)
	set(&req.MainOutputNodeId, o.MainOutput)
	if len(o.Tags) > 0 {
		req.Tags = &pb.WorkflowTags{Tags: o.Tags}
	}
	for _, word := range o.Clear {
		given := map[string]bool{
			"description": o.Description != "",
			"tags":        len(o.Tags) > 0,
			"thumbnail":   o.Thumbnail != "",
			"main-output": o.MainOutput != "",
		}
		nothing := ""
		switch word {
		case "description":
			req.Description = &nothing
		case "tags":
			req.Tags = &pb.WorkflowTags{}
		case "thumbnail":
			req.ThumbnailJobId = &nothing
		case "main-output":
			req.MainOutputNodeId = &nothing
		default:
			return exitcode.Usagef("--clear: %q is none of %s", word, strings.Join(clearable, ", "))
		}
		if given[word] {
			return exitcode.Usagef("--clear %s takes away what another option gives", word)
		}
	}
	return nil
}

// inputs adds to a request the changes of the form, which is read before: names are held against it, defaults typed by it.
func (o *editOptions) inputs(ctx context.Context, client *api.Client, req *pb.UpdateWorkflowRequest) error {
	if !o.Inputs.given() && len(o.Order) == 0 {
		return nil
	}
	found, err := get(ctx, client, o.ID, true)
	if err != nil {
		return err
	}
	for _, name := range o.Order {
		if form.ByName(found.GetWorkflow(), name) == nil {
			return exitcode.Usagef("--order: the workflow has no input %q; %s", name, form.Has(found.GetWorkflow(), name))
		}
	}
	req.Inputs, err = o.Inputs.edits(found.GetWorkflow())
	return err
}

// nodes completes the nodes that write something.
func nodes(o *editOptions) factory.Asker {
	return func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
		found, err := get(ctx, client, o.ID, false)
		for _, out := range found.GetWorkflow().GetOutputs() {
			words = append(words, cobra.CompletionWithDesc(out.GetNodeId(), out.GetTitle()))
		}
		return words, err
	}
}
