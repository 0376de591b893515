// Package acceptance runs the program against the real service on the simulated engine, as the scripts in testdata
// tell. They read like a manual; doc.go says what they may use.
package acceptance

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"comfysched": func() { os.Exit(root.Main()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture":    capture,
			"eventually": eventually,
			"exits":      exits,
			"server":     serverCommand,
			"terminal":   terminal,
		},
	})
}

// setup gives each script settings of its own and a zone that does not depend on the machine.
func setup(env *testscript.Env) error {
	examples, err := filepath.Abs("../../docs/examples")
	env.Setenv("EXAMPLES", examples)
	env.Setenv("COMFYSCHED_CONFIG_DIR", filepath.Join(env.WorkDir, "settings"))
	env.Setenv("TZ", "Europe/Berlin")
	env.Setenv("TERM", "xterm-256color")
	env.Values[serverKey{}] = &service{dir: filepath.Join(env.WorkDir, "service")}
	env.Defer(env.Values[serverKey{}].(*service).stop)
	return err
}
