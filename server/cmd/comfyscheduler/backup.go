package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/app"
	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func backupCommand() *cobra.Command {
	var file, files string
	command := &cobra.Command{
		Use:   "backup TARGET",
		Short: "Write a copy of the bookings to a file, while the service is running too",
		Long: `Write a copy of the bookings to a file, while the service is running too. The files that people uploaded lie beside the
bookings: --assets copies them into a folder, those that are not there yet.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			if err := app.Backup(cmd.Context(), c, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "backed up to %s\n", args[0])
			return backupAssets(cmd, app.Assets(c), files)
		},
	}
	configFlag(command, &file)
	command.Flags().StringVar(&files, "assets", "", "copy the files that people uploaded into this `folder`, too")
	return command
}

// backupAssets copies the content of assets, or says that it is in no backup.
func backupAssets(cmd *cobra.Command, from, to string) error {
	if to != "" {
		copied, err := assets.Copy(from, to)
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "copied %d uploaded files (%d bytes) to %s\n", copied.Files, copied.Bytes, to)
		}
		return err
	}
	there, err := assets.Count(from)
	if err == nil && there.Files > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%d uploaded files (%d bytes) lie beside the bookings, in %s, and are not in it: "+
			"--assets FOLDER copies them\n", there.Files, there.Bytes, from)
	}
	return err
}

func restoreCommand() *cobra.Command {
	var file, files string
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
			if files == "" {
				return nil
			}
			copied, err := assets.Copy(files, app.Assets(c))
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "copied %d uploaded files (%d bytes) from %s\n", copied.Files, copied.Bytes, files)
			}
			return err
		},
	}
	configFlag(command, &file)
	command.Flags().StringVar(&files, "assets", "", "copy the files that people uploaded from this `folder`, which a backup has made")
	return command
}
