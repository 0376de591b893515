// Package users is the command that lists who is connected.
package users

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/listing"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/names"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/table"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what listing users needs.
type Options struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client func() (*api.Client, error)
	Out    outflag.Flags
}

// NewCmdUsers makes the command.
func NewCmdUsers(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Clock: f.Clock, Client: f.Client}
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List who is connected",
		Long: `List who follows the live state now: browsers, 'comfysched watch' and other clients.

In a pipe each connection is one tab-separated line: user name, client, address, connected since (RFC 3339), user id,
connection id. Of very many only some are listed, which stderr tells. --json prints an object whose connectedUsers,
users (their names) and presence (how many there are) are those of the API's StateSnapshot.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usersRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the users' ids, each once")
	return cmd
}

func usersRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return err
	}
	snapshot := state.GetSnapshot()
	known := names.Of(snapshot)
	connections := snapshot.GetConnectedUsers()
	ids := []string{}
	for _, c := range connections {
		if !slices.Contains(ids, c.GetUserId()) {
			ids = append(ids, c.GetUserId())
		}
	}
	if opts.Out.JSON {
		err = printJSON(opts.IO, snapshot)
	} else {
		err = listing.List{IDs: ids, Table: opts.rows(connections, known), None: "Nobody is connected."}.Print(opts.IO, opts.Out)
	}
	if missing := int(snapshot.GetPresence().GetConnections()) - len(connections); err == nil && missing > 0 {
		fmt.Fprintf(opts.IO.Err, "these are %d of %d connections, of %d users\n",
			len(connections), snapshot.GetPresence().GetConnections(), snapshot.GetPresence().GetUsers())
	}
	return err
}

// printJSON prints the connections, whose they are, and how many there are.
func printJSON(streams *iostreams.IOStreams, snapshot *pb.StateSnapshot) error {
	connections, err := raw(snapshot.GetConnectedUsers())
	if err != nil {
		return err
	}
	users := slices.DeleteFunc(slices.Clone(snapshot.GetUsers()), func(u *pb.UserName) bool {
		return !slices.ContainsFunc(snapshot.GetConnectedUsers(), func(c *pb.Connection) bool { return c.GetUserId() == u.GetUserId() })
	})
	named, err := raw(users)
	if err != nil {
		return err
	}
	presence, err := apijson.Raw(snapshot.GetPresence())
	if err != nil {
		return err
	}
	return apijson.Object(streams, struct {
		ConnectedUsers []json.RawMessage `json:"connectedUsers"`
		Users          []json.RawMessage `json:"users"`
		Presence       json.RawMessage   `json:"presence"`
	}{connections, named, presence})
}

func raw[M proto.Message](messages []M) ([]json.RawMessage, error) {
	list := []json.RawMessage{}
	for _, m := range messages {
		one, err := apijson.Raw(m)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (o *Options) rows(connections []*pb.Connection, known names.Names) *table.Table {
	tty := o.IO.IsStdoutTTY()
	t := table.New(o.IO, "USER", "CLIENT", "ADDRESS", "SINCE ("+o.Clock.ZoneName()+")", "USER ID")
	for _, c := range connections {
		cells := []table.Cell{table.Text(known[c.GetUserId()]), table.Text(c.GetClient()), table.Text(c.GetIp())}
		if tty {
			cells = append(cells, table.Text(o.Clock.Cell(c.GetConnectedAtMs())), table.Cell{Text: c.GetUserId(), Style: o.IO.Faint})
		} else {
			cells = append(cells, table.Text(o.Clock.Exact(c.GetConnectedAtMs())), table.Text(c.GetUserId()), table.Text(c.GetConnectionId()))
		}
		t.Row(cells...)
	}
	return t
}
