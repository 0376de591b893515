package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/app"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func backupCommand() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "backup TARGET",
		Short: "Write a copy of the bookings to a file, while the service is running too",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			if err := app.Backup(cmd.Context(), c, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "backed up to %s\n", args[0])
			return nil
		},
	}
	configFlag(command, &file)
	return command
}

func restoreCommand() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Put a backup in the place of the bookings; the service must be stopped",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			aside, err := app.Restore(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "restored from %s\n", args[0])
			if aside != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "the bookings that were there are in %s\n", aside)
			}
			return nil
		},
	}
	configFlag(command, &file)
	return command
}
