package launch

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// executor watches over the thread of ComfyUI that runs its prompts. A malformed prompt can end it: ComfyUI goes on to take
// prompts, but nothing runs any more and no interrupt is heard. The log says so, but a node can print those words too, under
// somebody's run. So they only give cause to look: what proves it is that a thread is gone that was there whenever prompts ran.
type executor struct {
	mu      sync.Mutex
	log     process.Follower
	said    bool         // the log says that it died, and of nothing that ran since
	process process.ID   // whose threads they are
	threads map[int]bool // that were there whenever prompts ran; the executor is one of them. Nil: not known
}

// died begins what Python writes when the thread ends by an exception.
var died = regexp.MustCompile(`^Exception in thread Thread-\d+ \(prompt_worker\):`)

// read takes in what is new in the log.
func (e *executor) read() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, line := range e.log.Next() {
		switch {
		case died.MatchString(line):
			e.said = true
		case strings.Contains(line, "Starting server"), strings.Contains(line, "Prompt executed in"): // newer versions put the level before it
			e.said = false
		}
	}
}

// works takes in the threads of a process in which a prompt runs just now. It gives those that are left, and whether that is
// news.
func (e *executor) works(id process.ID) (threads []int, news bool) {
	now := process.Threads(id)
	e.mu.Lock()
	defer e.mu.Unlock()
	before := len(e.threads)
	if e.process != id || e.threads == nil {
		e.process, e.threads, before = id, now, 0
	} else {
		maps.DeleteFunc(e.threads, func(thread int, _ bool) bool { return !now[thread] })
	}
	return slices.Sorted(maps.Keys(e.threads)), len(e.threads) != before
}

// recall takes in what an earlier service knew of the process.
func (e *executor) recall(id process.ID, threads []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(threads) == 0 {
		return
	}
	e.process, e.threads = id, map[int]bool{}
	for _, thread := range threads {
		e.threads[thread] = true
	}
}

// lost reports whether the executor of the process has died.
func (e *executor) lost(id process.ID) bool {
	e.read()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.said || e.process != id || len(e.threads) == 0 {
		return false
	}
	now := process.Threads(id)
	for thread := range e.threads {
		if !now[thread] {
			return true
		}
	}
	return false
}

// Working is told that a prompt runs just now, which shows what a working ComfyUI looks like. A service after this one is to know
// it too.
func (e *Engine) Working() {
	if p := e.running(); p != nil {
		if threads, news := e.executor.works(p.ID()); news {
			e.note(func(r *record) { r.Threads = threads })
		}
	}
}

// Stalled reports whether ComfyUI takes prompts and runs none, because the thread that runs them has ended.
func (e *Engine) Stalled() bool {
	p := e.running()
	return !e.isRemote() && p != nil && e.executor.lost(p.ID())
}
