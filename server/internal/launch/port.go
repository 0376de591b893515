package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// freeAfter bounds the wait for the port of a ComfyUI that was just ended.
const freeAfter = 2 * time.Second

// checkPort refuses a port that something else listens on: ComfyUI would find out only after its whole start.
func (b *boot) checkPort(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, freeAfter)
	defer cancel()
	const program = "another program"
	who := program
	for asking.Err() == nil && who == program {
		connection, err := new(net.Dialer).DialContext(asking, "tcp", b.ComfyUI.Address())
		if err != nil && asking.Err() == nil {
			return nil
		}
		if err == nil {
			_ = connection.Close()
		}
		if stats, err := b.client.SystemStats(asking); err == nil {
			who = "a ComfyUI " + stats.Version + " that the service did not start"
		}
		sleep(asking, b.Pace.Port)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if other, found := b.other(); found {
		return plainly(fmt.Errorf("port %d (comfy_ui.api_port) is taken by %s: stop that service or choose another port", b.ComfyUI.Port, other),
			"ComfyUI's port is taken by the ComfyUI of another service")
	}
	return plainly(fmt.Errorf("port %d (comfy_ui.api_port) is taken by %s: "+
		"stop it, choose another port, or use installation_type \"remote\" to work with it",
		b.ComfyUI.Port, who), "ComfyUI's port is taken by "+who)
}

// maxAgain bounds how often in a row a ComfyUI is started again that ends by itself in its first minute without an error.
const (
	maxAgain    = 3
	firstMinute = time.Minute
)

// waitForPort waits until ComfyUI answers. One that ends at once, and well, means to be started again: ComfyUI-Manager does
// so after it has installed what node packs need.
func (b *boot) waitForPort(ctx context.Context) (words, error) {
	for again := 0; ; again++ {
		began := time.Now()
		said, err := b.waitForAnswer(ctx)
		if !endedWell(err) || time.Since(began) > firstMinute || again == maxAgain {
			return said, err
		}
		b.Log.Info("ComfyUI has ended to be started again", "worker", b.Worker, "time", again+1, "of_at_most", maxAgain)
		if err := b.startOver(ctx); err != nil {
			return words{}, err
		}
	}
}

// startOver is for a ComfyUI that has ended by itself. On Windows it has started its successor already.
func (b *boot) startOver(ctx context.Context) error {
	if err := b.end(ctx); err != nil { // children that outlived it
		return err
	}
	if successor, found := b.left(); found {
		b.hold(successor.process)
		return nil
	}
	_, err := b.start()
	return err
}

// waitForAnswer waits until ComfyUI answers, which it does as soon as its port is open.
func (b *boot) waitForAnswer(ctx context.Context) (words, error) {
	timeout := time.Duration(b.ComfyUI.StartTimeout)
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, life, _ := b.present.get()
	var last error
	for waiting.Err() == nil {
		if life.Err() != nil {
			return words{}, context.Cause(life)
		}
		stats, err := b.client.SystemStats(waiting)
		switch {
		case err == nil && (b.isRemote() || b.isOwn(stats.Argv) || b.outdated.Load()):
			return words{b.ComfyUI.BaseURL(), ""}, nil
		case lockedOut(b.ComfyUI, err) != nil:
			return words{}, lockedOut(b.ComfyUI, err)
		case err == nil:
			err = errors.New("another ComfyUI answers there")
		case last == nil && b.isRemote():
			b.Log.Warn("no ComfyUI answers yet: is it running, and is the address right?",
				"worker", b.Worker, "url", b.ComfyUI.BaseURL(), "wait_at_most", timeout, "err", err)
		}
		last = err
		sleep(waiting, b.Pace.Port)
	}
	if ctx.Err() != nil {
		return words{}, ctx.Err()
	}
	if b.isRemote() {
		return words{}, plainly(fmt.Errorf("there is no ComfyUI at %s (waited %v): start it, or correct comfy_ui.api_host and api_port; %w",
			b.ComfyUI.BaseURL(), timeout, last), "there is no ComfyUI where it should run")
	}
	lines := strings.Join(b.tail(shownLines), "\n    ")
	return words{}, plainly(fmt.Errorf("ComfyUI has not opened port %d within %v (comfy_ui.start_timeout); its last lines:\n    %s",
		b.ComfyUI.Port, timeout, lines), fmt.Sprintf("ComfyUI has not opened its port within %v", timeout))
}
