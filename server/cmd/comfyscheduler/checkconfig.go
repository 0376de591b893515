package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

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
			if len(c.Workers) == 1 {
				w := c.Workers[0]
				fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %s ComfyUI at %s, workflow %s, bookings in %s\n",
					file, w.ComfyUI.Installation, w.ComfyUI.BaseURL(), c.Workflow.ID, c.Server.DataDir)
			} else {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is good: workers %d, workflow %s, bookings in %s\n",
					file, len(c.Workers), c.Workflow.ID, c.Server.DataDir)
				for _, w := range c.Workers {
					fmt.Fprintln(cmd.OutOrStdout(), "  "+describe(w))
				}
			}
			for _, remark := range c.Remarks() {
				fmt.Fprintln(cmd.OutOrStdout(), "Note: "+remark)
			}
			l := c.UserLimits()
			fmt.Fprintf(cmd.OutOrStdout(),
				"One user may have: open bookings %s, calls a second %s, tokens %s, state streams %s, days ahead %s\n",
				limit(l.OpenBookings), limit(l.RequestsPerSecond), limit(l.Tokens), limit(l.StreamsPerUser), limit(l.DaysAhead))
			fmt.Fprintf(cmd.OutOrStdout(), "One user may have of the GPU: in one slot %s, in open bookings %s, on one day %s\n",
				limitTime(l.MaxSlot), limitTime(l.OpenTime), limitTime(l.DayTime))
			return nil
		},
	}
	configFlag(command, &file)
	return command
}

// describe is a worker for people.
func describe(w config.Worker) string {
	text := fmt.Sprintf("%s: %s ComfyUI at %s", w.ID, w.ComfyUI.Installation, w.ComfyUI.BaseURL())
	if w.Title != w.ID {
		text = fmt.Sprintf("%s (%s): %s ComfyUI at %s", w.ID, w.Title, w.ComfyUI.Installation, w.ComfyUI.BaseURL())
	}
	if w.ComfyUI.OutputDir != "" {
		text += ", results in " + w.ComfyUI.OutputDir
	}
	if w.ComfyUI.UserDir != "" {
		text += ", apart from the others of that folder in " + w.ComfyUI.TempDir
	}
	if w.Workflows != nil {
		text += ", for " + strings.Join(w.Workflows, ", ")
	}
	return text
}

// limitTime is a limit of time for people.
func limitTime(ms int64) string {
	if ms == 0 {
		return "without limit"
	}
	return (time.Duration(ms) * time.Millisecond).String()
}

// limit is a limit for people.
func limit(n int) string {
	if n == 0 {
		return "without limit"
	}
	return strconv.Itoa(n)
}
