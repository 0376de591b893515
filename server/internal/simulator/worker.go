package simulator

import (
	"cmp"
	"context"
	"runtime"
	"time"
)

// work runs prompts on a thread of its own until ctx ends, or for ever no more after a prompt that kills the executor. The
// thread ends then, as ComfyUI's does.
func (s *server) work(ctx context.Context) {
	onThread(func() {
		if onMainThread() { // which cannot end; it is held meanwhile
			onThread(func() { s.execute(ctx) })
			return
		}
		s.execute(ctx)
	})
}

// onThread runs a function on a thread that nothing else runs on, and that ends with it.
func onThread(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		do()
	}()
	<-done
}

// execute runs prompts one after the other.
func (s *server) execute(ctx context.Context) {
	cache := resultCache{}
	kept := &modelMemory{most: s.options.Resident}
	kept.clear()
	var ruin *raised // what every run fails with
	for runs := 0; ; {
		p, free, err := s.queue.take(ctx)
		if err != nil {
			return
		}
		if free.models || free.memory {
			kept.clear()
		}
		if free.memory {
			clear(cache)
		}
		if p == nil {
			continue
		}
		runs++
		run := newExecution(s, p, runs, cache, kept)
		ruin = cmp.Or(run.ruin(), ruin)
		run.ruined = ruin
		if err := s.perform(ctx, run); err != nil {
			if ctx.Err() == nil {
				s.logf("Exception in thread Thread-1 (prompt_worker):\n%v", err)
			}
			return
		}
	}
}

// mannersFor joins the misbehaviours of the process with those that the graph's texts name.
func (s *server) mannersFor(p *prompt, run int) Misbehaviours {
	manners := s.options.Misbehave.during(run)
	for _, node := range p.graph.Nodes {
		for _, input := range node.Inputs {
			if text, ok := input.Value.(string); ok {
				manners = append(manners, markers(text)...)
			}
		}
	}
	return manners
}

// printTexts writes the graph's texts into the log, as nodes that show text do.
func (s *server) printTexts(p *prompt) {
	for _, node := range p.graph.Nodes {
		for _, input := range node.Inputs {
			if text, ok := input.Value.(string); ok {
				s.logf("%s", text)
			}
		}
	}
}

// perform runs one prompt and files the outcome. Its error is the end of the worker.
func (s *server) perform(ctx context.Context, run *execution) error {
	started := time.Now()
	if err := s.runs.write("start", run.prompt.id, ""); err != nil {
		return err
	}
	s.current.begin(run.prompt)
	s.hub.misbehave(run.manners)
	if run.manners.has("print") {
		s.printTexts(run.prompt)
	}
	if err := run.do(ctx); err != nil {
		return err
	}
	s.current.end()
	if err := s.runs.write("end", run.prompt.id, run.outcome); err != nil {
		return err
	}
	if run.manners.has("crash-at-end") {
		s.logf("Fatal error: told to crash")
		s.exit(1)
	}
	if !run.manners.has("empty-history") {
		s.history.put(run.entry())
	}
	s.queue.finish()
	if client := run.client; client != "" && !run.manners.has("lose-end") {
		s.hub.sendText(client, "executing", object{"node": nil, "prompt_id": run.prompt.id})
	}
	s.logf("Prompt executed in %.2f seconds", time.Since(started).Seconds())
	s.hub.misbehave(s.options.Misbehave.during(run.number))
	return nil
}
