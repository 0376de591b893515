package servicetest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Site is a folder with a configuration on which the service is started, once or again and again: its bookings and its
// ComfyUI stay from one life to the next.
type Site struct {
	Folder    string
	Config    Config
	ComfyPort int      // of the simulated ComfyUI
	Program   string   // the service's file
	Wrap      []string // what the program is started through, such as strace
	Env       []string // more of the environment
	Args      []string // more arguments of "serve"
	// Workers are the ports of the simulated ComfyUIs by worker, when there are several.
	Workers map[string]int
}

// NewSite makes a site for a program in a folder: the shipped workflow with prompt and seed, on a simulated ComfyUI of a pace,
// with more arguments for that, on ports that are free. The data folder is the default one, "data".
func NewSite(program, folder string, pace Pace, args ...string) (*Site, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	template, err := Template()
	if err != nil {
		return nil, err
	}
	return &Site{
		Folder:    folder,
		Program:   program,
		ComfyPort: port,
		Config: Config{
			"server":   map[string]any{"port": 0, "host": "127.0.0.1"},
			"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": port, "extra_args": append(pace.Args(), args...)},
			"workflow": map[string]any{"template_file": template, "parameter_map": Inputs(nil)},
		},
	}, nil
}

// AddWorkers has the service run several simulated ComfyUIs instead of one, each on a port of its own. Arguments are added to
// those of a worker's ComfyUI.
func (s *Site) AddWorkers(args map[string][]string, ids ...string) error {
	s.Workers = map[string]int{}
	common, _ := s.Config.Section("comfy_ui")["extra_args"].([]string)
	var list []any
	for _, id := range ids {
		port, err := FreePort()
		if err != nil {
			return err
		}
		s.Workers[id] = port
		own := append(slices.Clone(common), args[id]...)
		list = append(list, map[string]any{"id": id, "comfy_ui": map[string]any{"api_port": port, "extra_args": own}})
	}
	s.Config["workers"] = list
	return nil
}

// ConfigFile returns the name of the configuration's file.
func (s *Site) ConfigFile() string { return filepath.Join(s.Folder, "config.json") }

// Data returns the data folder.
func (s *Site) Data() string {
	folder, _ := s.Config.Section("server")["data_dir"].(string)
	switch {
	case folder == "":
		return filepath.Join(s.Folder, "data")
	case filepath.IsAbs(folder):
		return folder
	}
	return filepath.Join(s.Folder, folder)
}

// AdminToken reads the token of the administrator that the first start makes.
func (s *Site) AdminToken() (string, error) {
	token, err := os.ReadFile(filepath.Join(s.Data(), "admin-token"))
	return strings.TrimSpace(string(token)), err
}

// Launch writes the configuration and starts the service, and does not wait for it. Its standard error goes to log.
func (s *Site) Launch(log io.Writer) (*Process, error) {
	if err := s.Config.Write(s.ConfigFile()); err != nil {
		return nil, err
	}
	command := s.Command(append([]string{"serve"}, s.Args...)...)
	if len(s.Wrap) > 0 {
		through := exec.Command(s.Wrap[0], append(slices.Clone(s.Wrap[1:]), command.Args...)...)
		through.Dir, through.Env = command.Dir, command.Env
		command = through
	}
	return Start(command, log)
}

// Command returns one of the program's commands on the configuration as it was last written.
func (s *Site) Command(args ...string) *exec.Cmd {
	command := exec.Command(s.Program, append(args, "--config", s.ConfigFile())...)
	command.Dir = s.Folder
	command.Env = append(os.Environ(), s.Env...)
	return command
}

// Simulator returns a command that runs a simulated ComfyUI on the site's port, with its files in a folder, as somebody else
// would who owns that ComfyUI: the service can only attach to it as a remote one.
func (s *Site) Simulator(folder string, args ...string) *exec.Cmd {
	return s.SimulatorOn(s.ComfyPort, folder, args...)
}

// SimulatorOn is Simulator on another port: that of a worker, for example.
func (s *Site) SimulatorOn(port int, folder string, args ...string) *exec.Cmd {
	own := []string{"simulate", "--base-directory", folder, "--listen", "127.0.0.1", "--port", fmt.Sprint(port)}
	return exec.Command(s.Program, append(own, args...)...)
}
