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
	testscript.Main(m, map[string]func(){
		"comfysched": func() {
			code := root.Main()
			record(code)
			os.Exit(code)
		},
	})
}

// TestScripts runs the scripts. When all of them ran, what they ran is held against what there is.
func TestScripts(t *testing.T) {
	ran := recording{file: filepath.Join(t.TempDir(), "ran")}
	passed := t.Run("script", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:                 "testdata",
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			Setup:               func(env *testscript.Env) error { return setup(env, &ran) },
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"capture":    capture,
				"eventually": eventually,
				"exits":      exits,
				"server":     serverCommand,
				"terminal":   terminal,
			},
		})
	})
	t.Run("everything", func(t *testing.T) {
		if scripts, err := filepath.Glob("testdata/*.txtar"); err != nil || !passed || int(ran.scripts.Load()) != len(scripts) {
			t.Skip("needs a run of all scripts in which none fails")
		}
		ran.check(t)
	})
}

// setup gives each script settings of its own and a zone that does not depend on the machine.
func setup(env *testscript.Env, ran *recording) error {
	ran.scripts.Add(1)
	examples, err := filepath.Abs("../../docs/examples")
	if err != nil {
		return err
	}
	workflows, err := filepath.Abs("../../workflows")
	env.Setenv("EXAMPLES", examples)
	env.Setenv("WORKFLOWS", workflows)
	env.Setenv(recordVariable, ran.file)
	env.Setenv("COMFYSCHED_CONFIG_DIR", filepath.Join(env.WorkDir, "settings"))
	env.Setenv("TZ", "Europe/Berlin")
	env.Setenv("TERM", "xterm-256color")
	env.Values[serverKey{}] = &service{folder: filepath.Join(env.WorkDir, "service")}
	env.Defer(env.Values[serverKey{}].(*service).stop)
	return err
}
