package root

import (
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/asset"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/audit"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/identity"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/invitation"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/job"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/server"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/timeline"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/user"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/watch"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/worker"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/workflow"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
)

var long = `Book time slots on a shared ComfyUI and follow them.

On a terminal you get tables, in a pipe tab-separated rows; --json prints the API's own JSON and --quiet only ids. Errors are
one line on stderr.

Exit codes:
` + exitcode.Help() + `

Environment:
  COMFYSCHED_SERVER      URL or name of the server, when there is no --server
  COMFYSCHED_TOKEN       token to use instead of the kept one
  COMFYSCHED_CONFIG_DIR  folder of config.json, instead of comfysched in your configuration directory
  COMFYSCHED_CA_FILE     certificates (PEM) to trust for https servers, instead of those of the machine
  NO_COLOR               no colours; CLICOLOR_FORCE=1 gives colours also in pipes
  TZ                     the zone in which times are meant and shown`

// NewCmdRoot makes the root command with all others below it.
func NewCmdRoot(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "comfysched",
		Short:                      "Book time slots on a shared ComfyUI",
		Long:                       long,
		Version:                    versionText(),
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetIn(f.IO.In)
	cmd.SetOut(f.IO.Out)
	cmd.SetErr(f.IO.Err)
	cmd.PersistentFlags().StringVar(&f.ServerFlag, "server", "", "`URL` or name of the server (COMFYSCHED_SERVER)")
	_ = cmd.RegisterFlagCompletionFunc("server", server.CompleteNames(f))
	group(cmd, "Jobs:",
		job.NewCmdBook(f),
		job.NewCmdList(f),
		job.NewCmdShow(f),
		job.NewCmdEdit(f),
		job.NewCmdMove(f),
		job.NewCmdCancel(f),
		job.NewCmdWait(f),
		job.NewCmdDownload(f),
		job.NewCmdSeries(f),
		job.NewCmdOpen(f),
	)
	group(cmd, "Workflows and files:",
		workflow.NewCmdWorkflow(f),
		asset.NewCmdAsset(f),
	)
	group(cmd, "Timeline:",
		watch.NewCmdWatch(f),
		timeline.NewCmdFree(f),
		timeline.NewCmdStatus(f),
		timeline.NewCmdUsers(f),
		timeline.NewCmdEstimates(f),
	)
	group(cmd, "Identity and servers:",
		identity.NewCmdWhoami(f),
		identity.NewCmdLogin(f),
		identity.NewCmdLogout(f),
		identity.NewCmdToken(f),
		server.NewCmdServer(f),
	)
	group(cmd, "Administration:",
		user.NewCmdUser(f),
		invitation.NewCmdInvitation(f),
		worker.NewCmdWorker(f),
		audit.NewCmdAudit(f),
	)
	cmd.AddCommand(newCmdVersion(f), newCmdDocs())
	refuseStrangers(cmd)
	installHelp(cmd, f.IO)
	return cmd
}

// Groups list their commands in the order in which they are used. Set once: it is a variable of all commands there are.
func init() { cobra.EnableCommandSorting = false }

// group adds commands under a heading of the help, in the order given.
func group(cmd *cobra.Command, title string, children ...*cobra.Command) {
	cmd.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, child := range children {
		child.GroupID = title
		cmd.AddCommand(child)
	}
}

// refuseStrangers makes commands that only have commands below them show their help when called alone, and refuse
// names that they do not know.
func refuseStrangers(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		refuseStrangers(child)
	}
	if cmd.Runnable() {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
			return exitcode.Usagef("there is no command %q; did you mean %q?", args[0], similar[0])
		}
		return exitcode.Usagef("there is no command %q", args[0])
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}
