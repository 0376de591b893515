package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func checkConfigCommand() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use: "check-config", Short: "Check a configuration and touch nothing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %s ComfyUI at %s, workflow %s, bookings in %s\n",
				file, c.ComfyUI.Installation, c.ComfyUI.BaseURL(), c.Workflow.ID, c.Server.DataDir)
			return nil
		},
	}
	configFlag(command, &file)
	return command
}
