// Package asset is the commands for uploaded files, which jobs take: upload, list and remove.
package asset

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/handin"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const rowHelp = `In a pipe each file is one tab-separated line: id, kind, bytes, size in pixels, last used (RFC 3339), name`

// NewCmdAsset makes the command and those below it.
func NewCmdAsset(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "asset",
		Short: "Upload, list and remove files that jobs take",
		Long: `Upload, list and remove pictures, videos, sounds and 3D files that jobs take. 'comfysched book --set photo=@FILE' uploads by
itself; a file that is booked often can be uploaded once and named by its id: --set photo=asset:ID. The same content is kept once.
What was not used for long is deleted, but nothing that a booking takes.`,
	}
	cmd.AddCommand(newCmdUpload(f), newCmdList(f), newCmdRemove(f))
	return cmd
}

func newCmdUpload(f *factory.Factory) *cobra.Command {
	var out flags.Out
	cmd := &cobra.Command{
		Use:   "upload FILE...",
		Short: "Upload files",
		Long: `Upload files, "-" for standard input. What a file is, its content tells. One that is refused does not keep the others from it;
the exit code is that of the first.

` + rowHelp + `.`,
		Example: `  comfysched asset upload photo.png
  id=$(comfysched asset upload --quiet photo.png)`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(path string) error {
				id, err := handin.Upload(cmd.Context(), client, f.IO, path)
				if err != nil {
					return err
				}
				return show(cmd.Context(), f, client, out, id)
			})
		},
	}
	out.Bind(cmd, "ids")
	return cmd
}

// show prints one asset.
func show(ctx context.Context, f *factory.Factory, client *api.Client, out flags.Out, id string) error {
	if out.Quiet {
		_, err := fmt.Fprintln(f.IO.Out, id)
		return err
	}
	answer, err := client.Assets.GetAsset(ctx, &pb.GetAssetRequest{AssetId: id})
	if err != nil {
		return err
	}
	if out.JSON {
		return render.JSON(f.IO, answer)
	}
	return rows(f, []*pb.Asset{answer.GetAsset()}).Print()
}

func newCmdList(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Short: "List your uploaded files, those used last first",
		Long: `List your uploaded files, those used last first.

` + rowHelp + `.`,
	}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error) {
		answer, err := client.Assets.ListAssets(ctx, &pb.ListAssetsRequest{PageSize: size, PageToken: token})
		var ids []string
		for _, a := range answer.GetAssets() {
			ids = append(ids, a.GetId())
		}
		return render.Page{Answer: answer, IDs: ids, Table: rows(f, answer.GetAssets())}, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "files", None: "No uploaded files.", IDs: "ids", Read: read})
}

func newCmdRemove(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:     "remove ID...",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove uploaded files",
		Long: `Remove uploaded files of yours. One that a booking takes which has not ended is a conflict. Of several, one that cannot be
removed does not keep the others from it; the exit code is that of the first.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, ids),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(id string) error {
				if _, err := client.Assets.DeleteAsset(cmd.Context(), &pb.DeleteAssetRequest{AssetId: id}); err != nil {
					return err
				}
				return f.IO.Tell("Removed %s", term.Line(id))
			})
		},
	}
}

// ids completes the ids of the caller's files.
func ids(ctx context.Context, client *api.Client, _ string) (found []cobra.Completion, err error) {
	answer, err := client.Assets.ListAssets(ctx, &pb.ListAssetsRequest{PageSize: 500})
	for _, a := range answer.GetAssets() {
		found = append(found, cobra.CompletionWithDesc(a.GetId(), term.Line(form.FileKind(a.GetKind())+" "+a.GetName())))
	}
	return found, err
}

func rows(f *factory.Factory, assets []*pb.Asset) *render.Table {
	moment := f.Clock.Exact
	if f.IO.IsStdoutTTY() {
		moment = f.Clock.Minute
	}
	table := render.NewTable(f.IO, "ID", "KIND", "BYTES", "PIXELS", "USED ("+f.Clock.ZoneName()+")", "NAME")
	for _, a := range assets {
		pixels := ""
		if a.GetWidth() > 0 {
			pixels = fmt.Sprintf("%dx%d", a.GetWidth(), a.GetHeight())
		}
		table.Row(
			render.Text(a.GetId()),
			render.Text(form.FileKind(a.GetKind())),
			render.Text(strconv.FormatInt(a.GetSizeBytes(), 10)),
			render.Text(pixels),
			render.Moment(moment, a.GetLastUsedAtMs()),
			render.Text(a.GetName()),
		)
	}
	return table
}
