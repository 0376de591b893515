// Package server is the commands that name servers.
package server

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
)

// NewCmdServer makes the command and those below it.
func NewCmdServer(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Give servers names and choose the usual one",
		Long: `Give servers names, for --server and COMFYSCHED_SERVER, and choose the one that is used when neither is given. Without any
of this it is ` + config.DefaultAddress + `. None of these commands talks to a server.`,
	}
	cmd.AddCommand(newCmdAdd(f), newCmdList(f), newCmdUse(f), newCmdRemove(f))
	return cmd
}

func newCmdAdd(f *factory.Factory) *cobra.Command {
	var use bool
	cmd := &cobra.Command{
		Use:     "add NAME URL",
		Short:   "Give a server a name",
		Example: "  comfysched server add studio https://gpu.example.org --use",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			name := args[0]
			if name == "" || strings.ContainsAny(name, "/: \t\n") {
				return exitcode.Usagef("%q cannot be a name: no colons, slashes or spaces", name)
			}
			addr, err := config.ParseAddress(args[1])
			if err != nil {
				return exitcode.Usagef("%w", err)
			}
			return update(f, func(s *config.Settings) (string, error) {
				s.SetServer(name, addr.String())
				done := fmt.Sprintf("%s is now %s", name, addr)
				if use {
					s.DefaultServer = name
					done += ", and the usual server"
				}
				return done, nil
			})
		},
	}
	cmd.Flags().BoolVar(&use, "use", false, "make it the usual server")
	return cmd
}

func newCmdUse(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME|URL",
		Short:             "Choose the usual server",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: CompleteNames(f),
		RunE: func(_ *cobra.Command, args []string) error {
			return update(f, func(s *config.Settings) (string, error) {
				if _, known := s.Servers[args[0]]; !known {
					addr, err := config.ParseAddress(args[0])
					if err != nil || !strings.Contains(args[0], "://") {
						return "", exitcode.Errorf(exitcode.NotFound, "there is no server called %q; 'comfysched server add' makes one", args[0])
					}
					args[0] = addr.String()
				}
				s.DefaultServer = args[0]
				return fmt.Sprintf("The usual server is now %s", args[0]), nil
			})
		},
	}
}

func newCmdRemove(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Forget a server's name and its token",
		Long:              "Forget a server's name and the token for it. The token stays valid: 'comfysched logout' revokes it.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: CompleteNames(f),
		RunE: func(_ *cobra.Command, args []string) error {
			return update(f, func(s *config.Settings) (string, error) {
				addr, known := s.Servers[args[0]]
				if !known {
					return "", exitcode.Errorf(exitcode.NotFound, "there is no server called %q", args[0])
				}
				delete(s.Servers, args[0])
				s.SetToken(addr, "")
				if s.DefaultServer == args[0] {
					s.DefaultServer = ""
				}
				return fmt.Sprintf("Forgot %s and the token for %s", args[0], addr), nil
			})
		},
	}
}

func newCmdList(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the servers that have names",
		Long: `List the servers that have names. The usual one is marked with *. In a pipe each is one tab-separated line: name, URL,
usual or empty, "token" when one is kept for it.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := f.Settings.Load()
			if err != nil {
				return err
			}
			if len(s.Servers) == 0 && f.IO.IsStdoutTTY() {
				fmt.Fprintln(f.IO.Err, "No server has a name; 'comfysched server add' gives one.")
			}
			return list(f, s)
		},
	}
}

func list(f *factory.Factory, s config.Settings) error {
	t := render.NewTable(f.IO, "NAME", "URL", "USUAL", "TOKEN")
	mark := "usual"
	if f.IO.IsStdoutTTY() {
		mark = "*"
	}
	for _, name := range slices.Sorted(maps.Keys(s.Servers)) {
		usual, token := "", ""
		if name == s.DefaultServer {
			usual = mark
		}
		if s.Token(s.Servers[name]) != "" {
			token = "token"
		}
		t.Row(render.Text(name), render.Text(s.Servers[name]), render.Text(usual), render.Text(token))
	}
	return t.Print()
}

// update changes the settings, and says so to people.
func update(f *factory.Factory, change func(*config.Settings) (done string, err error)) error {
	var done string
	err := f.Settings.Update(func(s *config.Settings) (err error) {
		done, err = change(s)
		return err
	})
	if err == nil && f.IO.IsStdoutTTY() {
		_, err = fmt.Fprintln(f.IO.Out, done)
	}
	return err
}

// CompleteNames completes the names of servers.
func CompleteNames(f *factory.Factory) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		s, err := f.Settings.Load()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.Sorted(maps.Keys(s.Servers)), cobra.ShellCompDirectiveNoFileComp
	}
}
