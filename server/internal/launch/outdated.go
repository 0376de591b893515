package launch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// A ComfyUI that the service before has left may have been started by another configuration: on another GPU, say. While a job runs on
// it, it is taken over all the same, for the sake of that job, takes no other, and is started again when the job has ended.

// errOutdated ends such a ComfyUI.
var errOutdated = openly("ComfyUI ran with arguments or an environment from before the configuration was changed")

// outdated is said of it meanwhile.
const outdated = "ComfyUI runs with arguments or an environment from before the configuration was changed; " +
	"it is started again when its job has ended"

// made is a fingerprint of what a ComfyUI is started with: program, arguments, environment.
func (e *Engine) made() string {
	spec := e.spec()
	if e.ComfyUI.Installation == config.Simulated {
		spec.Path = "" // the service itself, which may lie elsewhere after an update
	}
	var environment []string
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		environment = append(environment, name+"="+e.Env[name])
	}
	content, err := json.Marshal([]any{spec.Path, spec.Dir, spec.Args, environment})
	if err != nil {
		panic(err) // texts can be written
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// isMadeAlike reports whether a ComfyUI was started with what the configuration says now, as far as that is known: of one that is found
// without a record its arguments tell.
func (e *Engine) isMadeAlike(argv []string) bool {
	made := e.record.get().Made
	return e.isOwn(argv) && (made == "" || made == e.made())
}

// isKin reports whether a ComfyUI differs in nothing that the service has to know to work with it: it has the same port and folders.
func (e *Engine) isKin(argv []string) bool {
	own := e.spec().Args
	own = fromListen(own[:len(own)-len(e.ComfyUI.ExtraArgs)])
	given := fromListen(argv)
	return len(given) >= len(own) && slices.Equal(given[:len(own)], own)
}

// beUp says that jobs can run on ComfyUI, or that it is to be started again first.
func (e *Engine) beUp(w *health.Worker) {
	if e.outdated.Load() {
		w.Become(health.Restarting, outdated)
		return
	}
	w.Become(health.Ready, "")
}
