//go:build linux

package torture_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// tool runs one of the program's own commands on a configuration.
func (s *site) tool(configFile string, args ...string) error {
	out, err := exec.Command(s.program, append(args, "--config", configFile)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

func (s *site) backupFile() string { return filepath.Join(s.folder, "backup.db") }

// backUp makes a backup in place of the one before, and says when it was begun.
func (s *site) backUp() (begun int64, err error) {
	if err := os.Remove(s.backupFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	begun = time.Now().UnixMilli()
	return begun, s.tool(s.configFile(), "backup", s.backupFile())
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
		epochs, err := readEpochs(filepath.Join(t.data, "bookings.db"))
		if err != nil {
			return err
		}
		if err := t.tool(t.configFile(), "restore", t.backupFile()); err != nil {
			return err
		}
		aside, _ := filepath.Glob(filepath.Join(t.data, "*.before-restore-*")) // the pattern is well formed
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
	config, err := t.twinConfig()
	if err == nil {
		err = t.tool(config, "restore", t.backupFile())
	}
	if err == nil {
		err = t.runTwin(ctx, config)
	}
	if err != nil {
		t.history.violation("the second service: " + err.Error())
	}
}

// twinConfig writes the configuration of a second service.
func (t *tormentor) twinConfig() (string, error) {
	folder, err := os.MkdirTemp(t.folder, "twin")
	if err != nil {
		return "", err
	}
	port, err := quietPort(t.rng)
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(t.configFile())
	if err != nil {
		return "", err
	}
	var config map[string]map[string]any
	if err := json.Unmarshal(content, &config); err != nil {
		return "", err
	}
	config["server"]["data_dir"] = filepath.Join(folder, "data")
	config["comfy_ui"] = map[string]any{"installation_type": "simulated", "api_port": port, "extra_args": quick}
	if content, err = json.Marshal(config); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "config.json")
	return file, os.WriteFile(file, content, 0o600)
}

// runTwin lets a second service live for a moment. Nobody kills the first one's ComfyUI meanwhile but a prompt, or the second
// service.
func (t *tormentor) runTwin(ctx context.Context, config string) error {
	before := t.comfyPIDs()
	log, err := os.Create(filepath.Join(filepath.Dir(config), "service.log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	twin := exec.Command(t.program, "serve", "--config", config)
	twin.Stderr = log
	if err := twin.Start(); err != nil {
		return err
	}
	t.history.incident("second service started", twin.Process.Pid, filepath.Base(filepath.Dir(config)))
	pause(ctx, time.Second+t.upTo(3*time.Second))
	_ = twin.Process.Signal(syscall.SIGTERM) // what has ended is seen below
	stopped := time.AfterFunc(stopLimit, func() { _ = twin.Process.Kill() })
	defer stopped.Stop()
	if err := twin.Wait(); err != nil {
		return fmt.Errorf("it ended with %w", err)
	}
	for _, pid := range before {
		if syscall.Kill(pid, 0) != nil {
			t.history.endedBeside(pid)
		}
	}
	return nil
}
