package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func checkConfigCommand() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "check-config",
		Short: "Check a configuration and touch nothing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %s ComfyUI at %s, workflow %s, bookings in %s\n",
				file, c.ComfyUI.Installation, c.ComfyUI.BaseURL(), c.Workflow.ID, c.Server.DataDir)
			l := c.UserLimits()
			fmt.Fprintf(cmd.OutOrStdout(),
				"One user may have: open bookings %s, calls a second %s, tokens %s, state streams %s, days ahead %s\n",
				limit(l.OpenBookings), limit(l.RequestsPerSecond), limit(l.Tokens), limit(l.StreamsPerUser), limit(l.DaysAhead))
			return nil
		},
	}
	configFlag(command, &file)
	return command
}

// limit is a limit for people.
func limit(n int) string {
	if n == 0 {
		return "without limit"
	}
	return strconv.Itoa(n)
}
