package workflow

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdTemplates(f *factory.Factory) *cobra.Command {
	var out flags.Out
	var limit flags.Limit
	var worker string
	cmd := &cobra.Command{
		Use:   "templates [WORDS]",
		Short: "List the templates that a ComfyUI offers, or those with some words",
		Long: `List the templates that a ComfyUI offers on its own page, in its order: all, or those with some words in name, title,
description, category or tags. 'comfysched workflow import --template NAME' takes one in.

In a pipe each is one tab-separated line: name, category, paid or free, node pack (empty for ComfyUI's own), tags, title,
description.`,
		Example: `  comfysched workflow templates upscale
  comfysched workflow templates image to video --all --quiet`,
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
				answer, err := client.Workflows.ListTemplates(cmd.Context(), &pb.ListTemplatesRequest{
					PageSize:  size,
					PageToken: token,
					Query:     query,
					WorkerId:  worker,
				})
				return render.Page{Answer: answer, IDs: names(answer.GetTemplates()), Table: templateTable(f, answer.GetTemplates())}, err
			}
			return render.Pages{Things: "templates", None: "No templates.", Limit: &limit, Read: read}.Print(f.IO, out)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&worker, "worker", "", "`id` of the worker whose ComfyUI is asked; the first that answers when absent")
	limit.Bind(cmd, "templates")
	out.Bind(cmd, "names")
	f.CompleteFlag(cmd, "worker", factory.Workers)
	return cmd
}

func names(templates []*pb.Template) (out []string) {
	for _, t := range templates {
		out = append(out, t.GetName())
	}
	return out
}

func templateTable(f *factory.Factory, templates []*pb.Template) *render.Table {
	cost := func(t *pb.Template) string {
		if t.GetPaid() {
			return "paid"
		}
		return "free"
	}
	if !f.IO.IsStdoutTTY() {
		t := render.NewTable(f.IO)
		for _, one := range templates {
			t.Row(render.Text(one.GetName()), render.Text(one.GetCategory()), render.Text(cost(one)), render.Text(one.GetPack()),
				render.Text(strings.Join(one.GetTags(), ", ")), render.Text(one.GetTitle()), render.Text(one.GetDescription()))
		}
		return t
	}
	t := render.NewTable(f.IO, "NAME", "CATEGORY", "COST", "TITLE")
	t.Names, t.Several = []string{"CATEGORY"}, []string{"COST"}
	for _, one := range templates {
		price := render.Text(cost(one))
		if one.GetPaid() {
			price.Style = f.IO.Yellow
		}
		t.Row(render.Text(one.GetName()), render.Text(one.GetCategory()), price, render.Text(one.GetTitle()))
	}
	return t
}
