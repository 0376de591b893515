// Package audit is the command that tells administrators who did what.
package audit

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/limitflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/listing"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/table"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/userref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what telling who did what needs.
type Options struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client func() (*api.Client, error)

	User  string
	Job   string
	Limit limitflag.Flags
	JSON  bool
}

// NewCmdAudit makes the command.
func NewCmdAudit(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client}
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

func auditRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	var req pb.ListAuditEventsRequest
	if opts.User != "" {
		if req.UserId, err = userref.Resolve(ctx, client.Admin, opts.User); err != nil {
			return err
		}
	}
	if opts.Job != "" {
		if req.JobId, err = jobref.Resolve(ctx, client.Scheduler, opts.Job); err != nil {
			return err
		}
	}
	read := func(size int32, token string) (listing.Page, error) {
		req.PageSize, req.PageToken = size, token
		answer, err := client.Admin.ListAuditEvents(ctx, &req)
		return listing.Page{Answer: answer, Table: opts.rows(answer.GetEvents())}, err
	}
	list := listing.Pages{Things: "deeds", None: "Nothing was done.", Limit: &opts.Limit, Read: read}
	return list.Print(opts.IO, outflag.Flags{JSON: opts.JSON})
}

// roomy is the width from which on people see addresses.
const roomy = 100

func (o *Options) rows(events []*pb.AuditEvent) *table.Table {
	if !o.IO.IsStdoutTTY() {
		return o.plain(events)
	}
	heading := []string{"WHEN (" + o.Clock.ZoneName() + ")", "USER", "ACTION", "JOB", "DETAIL"}
	addresses := o.IO.Width() >= roomy
	if addresses {
		heading = slices.Insert(heading, 2, "ADDRESS")
	}
	t := table.New(o.IO, heading...)
	t.Names = []string{"USER"}
	for _, e := range events {
		cells := []table.Cell{
			table.Text(o.Clock.Cell(e.GetAtMs())), table.Text(e.GetUserName()), table.Text(strings.ReplaceAll(action(e), "_", " ")),
			table.Text(jobref.Short(e.GetJobId())), table.Text(e.GetDetail()),
		}
		if addresses {
			cells = slices.Insert(cells, 2, table.Text(e.GetIp()))
		}
		t.Row(cells...)
	}
	return t
}

func (o *Options) plain(events []*pb.AuditEvent) *table.Table {
	t := table.New(o.IO)
	for _, e := range events {
		t.Row(table.Text(o.Clock.Exact(e.GetAtMs())), table.Text(e.GetUserName()), table.Text(e.GetIp()), table.Text(action(e)),
			table.Text(e.GetJobId()), table.Text(e.GetDetail()), table.Text(e.GetUserId()))
	}
	return t
}

// action is the name of a deed as the API's JSON has it, without its prefix: "create_token".
func action(e *pb.AuditEvent) string {
	return strings.ToLower(strings.TrimPrefix(e.GetAction().String(), "AUDIT_ACTION_"))
}
