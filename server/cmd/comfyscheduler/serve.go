package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/server/internal/app"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func serveCommand() *cobra.Command {
	var file string
	level := logLevel(slog.LevelInfo)
	command := &cobra.Command{
		Use:   "serve",
		Short: "Start ComfyUI and the service",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return serve(cmd, file, slog.Level(level)) },
	}
	configFlag(command, &file)
	command.Flags().Var(&level, "log-level", "the least important `level` of lines to log: "+strings.Join(levelNames, ", "))
	return command
}

func serve(cmd *cobra.Command, file string, level slog.Level) error {
	loaded, err := config.Load(file)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), stopSignals()...)
	defer stop()
	// A second signal ends the program at once, but not one that comes with the first: some senders signal the program
	// and its group.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	log := newLog(level)
	limitMemory(log)
	err = app.Run(ctx, app.Options{
		Config:  loaded,
		Version: version,
		Log:     log,
		OnReady: func(urls []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "\nComfyScheduler is at %s\n\n", strings.Join(urls, " and "))
		},
	})
	return err
}

// stopSignals are the signals that stop the service. A closed terminal does (SIGHUP), unless whoever started the service has it
// ignored, as nohup does.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// newLog writes for people on a terminal and for programs elsewhere.
func newLog(level slog.Level) *slog.Logger {
	if isatty.IsTerminal(os.Stderr.Fd()) {
		return slog.New(tint.NewTextHandler(os.Stderr, &tint.Options{
			Level:      level,
			TimeFormat: "15:04:05.000",
			NoColor:    os.Getenv("NO_COLOR") != "",
		}))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func configFlag(command *cobra.Command, file *string) {
	command.Flags().StringVar(file, "config", "config.json", "the configuration `file`")
}
