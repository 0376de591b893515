// Package audit is the command that tells administrators who did what.
package audit

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// auditOptions are the options of audit and what it works with.
type auditOptions struct {
	*factory.Factory

	User  string
	Job   string
	Limit flags.Limit
	JSON  bool
}

// NewCmdAudit makes the command.
func NewCmdAudit(f *factory.Factory) *cobra.Command {
	opts := &auditOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Tell who did what (administrators)",
		Long: `Tell who did what, the latest first. Only administrators may.

In a pipe each deed is one tab-separated line: when (RFC 3339), user name (empty for the service itself), address, action,
job id, what it was done to and how, user id.`,
		Example: `  comfysched audit --user Ada
  comfysched audit --job 3f2a1b2c`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.Limit.Check(); err != nil {
				return err
			}
			return auditRun(cmd.Context(), opts)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&opts.User, "user", "u", "", "only what this user did: a `name` or id")
	fs.StringVar(&opts.Job, "job", "", "only what was done to this job: its `id` or the end of it")
	opts.Limit.Bind(cmd, "deeds")
	fs.BoolVar(&opts.JSON, "json", false, "print the API's JSON")
	f.CompleteFlag(cmd, "job", factory.Jobs)
	return cmd
}

func auditRun(ctx context.Context, opts *auditOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	var req pb.ListAuditEventsRequest
	if opts.User != "" {
		if req.UserId, err = refs.UserID(ctx, client.Admin, opts.User); err != nil {
			return err
		}
	}
	if opts.Job != "" {
		if req.JobId, err = refs.JobID(ctx, client, opts.Job); err != nil {
			return err
		}
	}
	read := func(size int32, token string) (render.Page, error) {
		req.PageSize, req.PageToken = size, token
		answer, err := client.Admin.ListAuditEvents(ctx, &req)
		return render.Page{Answer: answer, Table: opts.rows(answer.GetEvents())}, err
	}
	list := render.Pages{Things: "deeds", None: "Nothing was done.", Limit: &opts.Limit, Read: read}
	return list.Print(opts.IO, flags.Out{JSON: opts.JSON})
}

// roomy is the width from which on people see addresses.
const roomy = 100

func (o *auditOptions) rows(events []*pb.AuditEvent) *render.Table {
	if !o.IO.IsStdoutTTY() {
		return o.plain(events)
	}
	heading := []string{"WHEN (" + o.Clock.ZoneName() + ")", "USER", "ACTION", "JOB", "DETAIL"}
	addresses := o.IO.Width() >= roomy
	if addresses {
		heading = slices.Insert(heading, 2, "ADDRESS")
	}
	t := render.NewTable(o.IO, heading...)
	t.Names = []string{"USER"}
	for _, e := range events {
		cells := []render.Cell{
			render.Text(o.Clock.Cell(e.GetAtMs())), render.Text(e.GetUserName()), render.Text(strings.ReplaceAll(action(e), "_", " ")),
			render.Text(refs.Short(e.GetJobId())), render.Text(e.GetDetail()),
		}
		if addresses {
			cells = slices.Insert(cells, 2, render.Text(e.GetIp()))
		}
		t.Row(cells...)
	}
	return t
}

func (o *auditOptions) plain(events []*pb.AuditEvent) *render.Table {
	t := render.NewTable(o.IO)
	for _, e := range events {
		t.Row(render.Text(o.Clock.Exact(e.GetAtMs())), render.Text(e.GetUserName()), render.Text(e.GetIp()), render.Text(action(e)),
			render.Text(e.GetJobId()), render.Text(e.GetDetail()), render.Text(e.GetUserId()))
	}
	return t
}

// action is the name of a deed as the API's JSON has it, without its prefix: "create_token".
func action(e *pb.AuditEvent) string {
	return strings.ToLower(strings.TrimPrefix(e.GetAction().String(), "AUDIT_ACTION_"))
}
