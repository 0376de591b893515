package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// usersOptions are the options of users and what it works with.
type usersOptions struct {
	*factory.Factory
	Out flags.Out
}

// NewCmdUsers makes the command.
func NewCmdUsers(f *factory.Factory) *cobra.Command {
	opts := &usersOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List who is connected",
		Long: `List who follows the live state now: browsers, 'comfysched watch' and other clients.

In a pipe each connection is one tab-separated line: user name, client, address, connected since (RFC 3339), user id,
connection id. Of very many only some are listed, which stderr tells. --json prints an object whose connectedUsers,
users (their names) and presence (how many there are) are those of the API's StatusUpdate.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usersRun(cmd.Context(), opts)
		},
	}
	opts.Out.Bind(cmd, "the users' ids, each once")
	return cmd
}

func usersRun(ctx context.Context, opts *usersOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return err
	}
	status := state.GetStatus()
	known := api.NamesOf(slices.Concat(state.GetSnapshot().GetUsers(), status.GetUsers()))
	connections := status.GetConnectedUsers()
	ids := []string{}
	for _, c := range connections {
		if !slices.Contains(ids, c.GetUserId()) {
			ids = append(ids, c.GetUserId())
		}
	}
	if opts.Out.JSON {
		err = printConnections(opts.IO, status)
	} else {
		err = render.List{IDs: ids, Table: opts.rows(connections, known), None: "Nobody is connected."}.Print(opts.IO, opts.Out)
	}
	if missing := int(status.GetPresence().GetConnections()) - len(connections); err == nil && missing > 0 {
		fmt.Fprintf(opts.IO.Err, "these are %d of %d connections, of %d users\n",
			len(connections), status.GetPresence().GetConnections(), status.GetPresence().GetUsers())
	}
	return err
}

// printConnections prints the connections, whose they are, and how many there are.
func printConnections(streams *term.Streams, status *pb.StatusUpdate) error {
	connections, err := rawList(status.GetConnectedUsers())
	if err != nil {
		return err
	}
	users := slices.DeleteFunc(slices.Clone(status.GetUsers()), func(u *pb.UserName) bool {
		return !slices.ContainsFunc(status.GetConnectedUsers(), func(c *pb.Connection) bool { return c.GetUserId() == u.GetUserId() })
	})
	named, err := rawList(users)
	if err != nil {
		return err
	}
	presence, err := render.RawJSON(status.GetPresence())
	if err != nil {
		return err
	}
	return render.JSONObject(streams, struct {
		ConnectedUsers []json.RawMessage `json:"connectedUsers"`
		Users          []json.RawMessage `json:"users"`
		Presence       json.RawMessage   `json:"presence"`
	}{connections, named, presence})
}

func rawList[M proto.Message](messages []M) ([]json.RawMessage, error) {
	list := []json.RawMessage{}
	for _, m := range messages {
		one, err := render.RawJSON(m)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (o *usersOptions) rows(connections []*pb.Connection, known api.Names) *render.Table {
	tty := o.IO.IsStdoutTTY()
	t := render.NewTable(o.IO, "USER", "CLIENT", "ADDRESS", "SINCE ("+o.Clock.ZoneName()+")", "USER ID")
	for _, c := range connections {
		cells := []render.Cell{render.Text(known[c.GetUserId()]), render.Text(c.GetClient()), render.Text(c.GetIp())}
		if tty {
			cells = append(cells, render.Text(o.Clock.Cell(c.GetConnectedAtMs())), render.Cell{Text: c.GetUserId(), Style: o.IO.Faint})
		} else {
			cells = append(cells, render.Text(o.Clock.Exact(c.GetConnectedAtMs())), render.Text(c.GetUserId()), render.Text(c.GetConnectionId()))
		}
		t.Row(cells...)
	}
	return t
}
