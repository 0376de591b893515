package servicetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// ProgramEnv names a program that is built already.
const ProgramEnv = "COMFYSCHEDULER_BIN"

// Root returns the repository's folder: the first with a go.work above the working directory.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New("no go.work here or above: run this inside of the repository")
		}
	}
}

// built is the folder into which Program has built; empty when it has not.
var built string

var program = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(ProgramEnv); given != "" {
		return filepath.Abs(given)
	}
	folder, err := os.MkdirTemp("", "comfyscheduler-test-")
	if err != nil {
		return "", err
	}
	built = folder
	return Build(folder)
})

// Program returns the service's program: the one that COMFYSCHEDULER_BIN names, otherwise one that the first call builds. Call
// Clean before the process ends.
func Program() (string, error) { return program() }

// Clean removes what Program has built. Programs that were started from it must have ended on systems that lock them.
func Clean() {
	if built != "" {
		_ = os.RemoveAll(built)
	}
}

// Build builds the service's program into a folder, with more arguments of "go build" such as "-race".
func Build(folder string, args ...string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "comfyscheduler"+executable)
	args = append(append([]string{"build", "-o", file}, args...), "./server/cmd/comfyscheduler")
	command := exec.Command("go", args...)
	command.Dir = root
	for _, arg := range args {
		if arg == "-race" {
			command.Env = append(os.Environ(), "CGO_ENABLED=1")
		}
	}
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the service: %w\n%s", err, out)
	}
	return file, nil
}
