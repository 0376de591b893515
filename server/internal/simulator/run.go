package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/samples"
)

// Run starts a simulated ComfyUI and serves until ctx ends, which is a clean stop and no
// error. As with ComfyUI the port opens last: a port that is taken becomes an error only
// after the start time. Websockets are cut without a closing handshake.
func Run(ctx context.Context, o Options) error {
	if err := o.validate(); err != nil {
		return err
	}
	if o.Log == nil {
		o.Log = os.Stderr
	}
	if o.Argv == nil {
		o.Argv = os.Args
	}
	folders, err := o.prepareFolders()
	if err != nil {
		return err
	}
	if o.SampleInputs {
		if err := samples.Write(folders.byType["input"]); err != nil {
			return err
		}
	}
	runs, err := openRunLog(o.RunLog)
	if err != nil {
		return err
	}
	defer runs.close()
	s := newServer(o, folders)
	s.runs = runs
	s.logf("Simulated ComfyUI version: %s", version)
	s.logf("Device: %s", deviceName)
	if !sleep(ctx, o.StartTime) {
		return folders.wipeTemp()
	}
	if o.Misbehave.has("crash-on-start") {
		return errors.New("told to crash on start")
	}
	if o.Misbehave.has("never-open-port") {
		s.logf("told never to open the port")
		<-ctx.Done()
		return folders.wipeTemp()
	}
	listeners, err := o.open()
	if err != nil {
		return err
	}
	s.logf("Starting server\n")
	for _, l := range listeners {
		s.logf("To see the GUI go to: http://%s", l.Addr())
	}
	s.serve(ctx, listeners)
	s.logf("\nStopped server")
	return folders.wipeTemp()
}

func (o *Options) open() ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range strings.Split(cmp.Or(o.Listen, "127.0.0.1"), ",") {
		l, err := net.Listen("tcp", net.JoinHostPort(strings.TrimSpace(address), strconv.Itoa(o.Port)))
		if err != nil {
			for _, open := range listeners {
				open.Close()
			}
			return nil, fmt.Errorf("cannot open the port: %w", err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// serve runs worker, frame sender and HTTP server, and returns when ctx has ended and all
// three have stopped.
func (s *server) serve(ctx context.Context, listeners []net.Listener) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	background := []func(){
		func() { s.work(ctx) },
		func() { s.hub.deliver(ctx) },
	}
	web := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	for _, l := range listeners {
		background = append(background, func() { _ = web.Serve(l) })
	}
	for _, f := range background {
		go func() { f(); done <- struct{}{} }()
	}
	<-ctx.Done()
	web.Close()
	for range background {
		<-done
	}
}

// sleep waits and says whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
