package identity

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// loginOptions are the options of login and what it works with.
type loginOptions struct {
	*factory.Factory

	Token      string
	Invitation string
	Out        flags.Out
}

// NewCmdLogin makes the command.
func NewCmdLogin(f *factory.Factory) *cobra.Command {
	opts := &loginOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in to a server",
		Long: `Sign in to a server and keep the token for it in the settings file, which only you can read.

Where everybody may sign in, every other command does this by itself at first contact; login is for signing in anew after a
token was revoked. Elsewhere an administrator gives you an invitation or a token.

With --invitation you become a user by an invitation's code, or by the link that holds it. With --token - a token is read
from standard input, checked, and kept. Of either, - reads it from standard input; a token is never taken from the command
line, where other people of the machine could see it.`,
		Example: `  comfysched login
  comfysched login --invitation cfi_Zm94
  comfysched login --token - --server https://gpu.example.org < token.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Token != "" && opts.Token != "-" {
				return exitcode.Usagef("--token takes only -: write the token to standard input")
			}
			return loginRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Token, "token", "", "- reads a given `token` from standard input")
	cmd.Flags().StringVar(&opts.Invitation, "invitation", "", "`code` of an invitation, or the link with it; - reads it from standard input")
	cmd.MarkFlagsMutuallyExclusive("token", "invitation")
	opts.Out.Bind(cmd, "your id")
	return cmd
}

func loginRun(ctx context.Context, opts *loginOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if client.Keeper.Override != "" {
		return exitcode.Usagef("COMFYSCHED_TOKEN is set and would be used instead; unset it first")
	}
	if opts.Token == "-" {
		return opts.withToken(ctx, client)
	}
	if opts.Invitation == "-" {
		if opts.Invitation, err = opts.read("Invitation: ", "an invitation"); err != nil {
			return err
		}
	}
	client.Keeper.Invitation = opts.Invitation[strings.LastIndexByte(opts.Invitation, '#')+1:]
	fresh := false
	client.Keeper.SignedIn = func(*pb.User) { fresh = true }
	me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if status.Code(err) == codes.Unauthenticated { // the kept token is no good any more
		if err := client.Keeper.Forget(); err != nil {
			return err
		}
		me, err = client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	}
	if err != nil {
		return err
	}
	verb := "Already signed in"
	if fresh {
		verb = "Signed in"
	}
	return opts.tell(verb, client, me)
}

// withToken checks a given token before it is kept.
func (o *loginOptions) withToken(ctx context.Context, client *api.Client) error {
	token, err := o.read("Token: ", "a token")
	if err != nil {
		return err
	}
	client.Keeper.Override = token
	me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if status.Code(err) == codes.Unauthenticated {
		return exitcode.Errorf(exitcode.NotAllowed, "%s does not know this token", client.Address)
	}
	if err != nil {
		return err
	}
	if err := client.Keeper.Keep(token); err != nil {
		return err
	}
	return o.tell("Signed in", client, me)
}

// read reads one line that nobody else is to know; on a terminal it is not shown.
func (o *loginOptions) read(question, kind string) (string, error) {
	var line string
	if file, ok := o.IO.In.(*os.File); ok && o.IO.IsStdinTTY() {
		var err error
		if line, err = o.ask(file, question); err != nil {
			return "", err
		}
	} else {
		var err error
		line, err = bufio.NewReader(term.Unmarked(o.IO.In)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
	token := strings.TrimSpace(line)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", exitcode.Usagef("what came on standard input is not %s", kind)
	}
	return token, nil
}

// ask asks a person. The terminal stops showing what is typed before the question appears.
func (o *loginOptions) ask(terminal *os.File, question string) (string, error) {
	before, err := xterm.MakeRaw(int(terminal.Fd()))
	if err != nil {
		return "", err
	}
	defer func() { _ = xterm.Restore(int(terminal.Fd()), before) }()
	line, err := xterm.NewTerminal(struct {
		io.Reader
		io.Writer
	}{terminal, o.IO.Err}, "").ReadPassword(question)
	if errors.Is(err, io.EOF) { // Ctrl-C or Ctrl-D
		fmt.Fprint(o.IO.Err, "\r\n")
		return "", exitcode.Silent(exitcode.Interrupted)
	}
	return line, err
}

func (o *loginOptions) tell(verb string, client *api.Client, me *pb.GetMeResponse) (err error) {
	switch {
	case o.Out.JSON:
		return render.JSON(o.IO, me)
	case o.Out.Quiet:
		_, err = fmt.Fprintln(o.IO.Out, me.GetUser().GetId())
	default:
		_, err = fmt.Fprintf(o.IO.Out, "%s to %s as %s\n", verb, client.Address, term.Line(me.GetUser().GetName()))
	}
	return err
}
