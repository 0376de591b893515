package workflow

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// importOptions are the options of workflow import and what it works with.
type importOptions struct {
	*factory.Factory

	File     string // - for standard input; empty for a template
	Template string
	Title    string
	ID       string
	Worker   string
	Check    bool
	Out      flags.Out
}

func newCmdImport(f *factory.Factory) *cobra.Command {
	opts := &importOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "import {FILE | - | --template NAME}",
		Short: "Take in a workflow that you have as a file",
		Long: `Take in a workflow that you have as a file: what ComfyUI's page saved or exported, or a picture, video or sound that ComfyUI
made. What a file is, is told by its content. - is standard input. --template takes in one that a ComfyUI offers on its own
page; 'comfysched workflow templates' lists them.

A file that cannot be taken is refused with every reason, and nothing is kept. What is missing on the workers is no error: it
is told, and the workflow can be booked when it is there. The same file again changes nothing.

` + rowHelp + `.`,
		Example: `  comfysched workflow import fox.json --title "Fox portrait"
  comfysched workflow import ComfyUI_00042_.png --check
  comfysched workflow import --template image_qwen_image
  comfysched workflow import fox-2.json --id fox`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.File = args[0]
			}
			if len(args)+min(len(opts.Template), 1) != 1 {
				return exitcode.Usagef("say what to import: FILE, - for standard input, or --template NAME")
			}
			if opts.Worker != "" && opts.Template == "" {
				return exitcode.Usagef("--worker goes with --template: a file is held against every worker")
			}
			return opts.run(cmd.Context())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&opts.Template, "template", "", "`name` of a template of a ComfyUI")
	fs.StringVar(&opts.Title, "title", "", "`name` for people; made of the file's name when absent")
	fs.StringVar(&opts.ID, "id", "", "`id` of a workflow that was imported before, of which this is a new version")
	fs.StringVar(&opts.Worker, "worker", "", "`id` of the worker whose ComfyUI is asked for the template; the first that answers when absent")
	fs.BoolVar(&opts.Check, "check", false, "only tell what would come of it, and keep nothing")
	opts.Out.Bind(cmd, "the workflow's id")
	f.CompleteFlag(cmd, "id", factory.Workflows)
	f.CompleteFlag(cmd, "worker", factory.Workers)
	f.CompleteFlag(cmd, "template", templateNames)
	return cmd
}

// templateNames completes names of templates.
func templateNames(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
	answer, err := client.Workflows.ListTemplates(ctx, &pb.ListTemplatesRequest{PageSize: 500})
	for _, t := range answer.GetTemplates() {
		words = append(words, cobra.CompletionWithDesc(t.GetName(), t.GetTitle()))
	}
	return words, err
}
