//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// tool runs one of the program's own commands on a site's configuration.
func tool(s *servicetest.Site, args ...string) error {
	out, err := s.Command(args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

func (s *site) backupFile() string { return filepath.Join(s.Folder, "backup.db") }

// backUp makes a backup in place of the one before, and says when it was begun.
func (s *site) backUp() (begun int64, err error) {
	if err := os.Remove(s.backupFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	begun = time.Now().UnixMilli()
	return begun, tool(s.Site, "backup", s.backupFile())
}

// restore puts a backup in the place of the bookings, some seconds after it was made, and lets the service be started again.
func (t *tormentor) restore(ctx context.Context) {
	if _, err := t.address(ctx); err != nil {
		return
	}
	begun, err := t.backUp()
	if err != nil {
		t.history.violation("the backup failed: " + err.Error())
		return
	}
	t.history.incident("backup made", 0, "")
	pause(ctx, t.upTo(4*time.Second))
	err = t.whileDown(func() error {
		epochs, err := readEpochs(filepath.Join(t.Data(), "bookings.db"))
		if err != nil {
			return err
		}
		if err := tool(t.Site, "restore", t.backupFile()); err != nil {
			return err
		}
		aside, _ := filepath.Glob(filepath.Join(t.Data(), "*.before-restore-*")) // the pattern is well formed
		for _, file := range aside {
			err = errors.Join(err, os.Remove(file))
		}
		t.history.restored(begun, epochs)
		t.restores.Add(1)
		return err
	})
	if err != nil {
		t.history.violation("the restore failed: " + err.Error())
	}
}

// restoreBeside starts a second service on a copy of the bookings, with a folder and a ComfyUI of its own, while the first
// one works. They must leave each other alone.
func (t *tormentor) restoreBeside(ctx context.Context) {
	if _, err := t.address(ctx); err != nil {
		return
	}
	if _, err := t.backUp(); err != nil {
		t.history.violation("the backup failed: " + err.Error())
		return
	}
	twin, err := t.twin()
	if err == nil {
		err = tool(twin, "restore", t.backupFile())
	}
	if err == nil {
		err = t.runTwin(ctx, twin)
	}
	if err != nil {
		t.history.violation("the second service: " + err.Error())
	}
}

// twin makes a second site with the same rules.
func (t *tormentor) twin() (*servicetest.Site, error) {
	folder, err := os.MkdirTemp(t.Folder, "twin")
	if err != nil {
		return nil, err
	}
	twin, err := servicetest.NewSite(t.Program, folder, quick)
	if err != nil {
		return nil, err
	}
	t.gate.Lock() // the configuration is not made anew meanwhile
	defer t.gate.Unlock()
	for _, section := range []string{"access", "scheduler", "workflow"} {
		twin.Config[section] = maps.Clone(t.Config.Section(section))
	}
	twin.Config.Set("server.shutdown_grace", t.Config.Section("server")["shutdown_grace"])
	return twin, twin.Config.Write(twin.ConfigFile())
}

// runTwin lets a second service live for a moment. Nobody kills the first one's ComfyUI meanwhile but a prompt, or the second
// service.
func (t *tormentor) runTwin(ctx context.Context, on *servicetest.Site) error {
	var before []comfyUI
	for _, pid := range t.ComfyPIDs() {
		before = append(before, comfyUIAt(pid))
	}
	log, err := os.Create(filepath.Join(on.Folder, "service.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	twin, err := on.Launch(log)
	if err != nil {
		return err
	}
	t.history.incident("second service started", twin.PID(), filepath.Base(on.Folder))
	pause(ctx, time.Second+t.upTo(3*time.Second))
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := twin.Stop(stopping); err != nil {
		return fmt.Errorf("it ended with %w", err)
	}
	for _, of := range before {
		if comfyUIAt(of.PID) != of {
			t.history.endedBeside(of)
		}
	}
	return nil
}
