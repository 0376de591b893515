// Package launch is the process of one ComfyUI: it starts or adopts it, brings it up step by step, keeps it up, starts it
// again and stops it. What a ComfyUI that answers has to show before jobs run on it is for others to say (see Trial).
package launch

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// Config is one ComfyUI and what it is started with.
type Config struct {
	Worker     string // id
	ComfyUI    config.ComfyUI
	Env        map[string]string // more of its environment
	PartnerKey config.Secret     // for nodes of paid services; empty: none
	MaxUpload  int64             // bytes of the largest file that it has to take
	Files      Files
	DataDir    string // the service's, told to people who find its ComfyUI
	Instance   string // the data folder's own name, which no copy of it has
	Executable string // the service's own, which is the simulated ComfyUI too
	Status     *Status
	Trial      Trial
	Pace       Pace // zero: DefaultPace
	Now        func() time.Time
	Log        *slog.Logger
}

// Files are those that a ComfyUI leaves. No two workers share one.
type Files struct {
	Record string // of the process, for the service after this one
	Log    string
}

// Trial tries a ComfyUI before jobs run on it. The calls come from one goroutine at a time, except Returned and
// Recovered, which may come beside a boot.
type Trial interface {
	// Validate is the first step of a boot, before anything is started. detail is for everybody to read, and so are those of the other
	// calls; what an error says is for administrators, unless it has a method Plain that says it for everybody.
	Validate(ctx context.Context) (detail string, err error)
	// Connected is called when a ComfyUI has come up. An error ends the boot.
	Connected(ctx context.Context) error
	// WarmUp loads the models. attached says that ComfyUI was running already; the error may be a Skipped.
	WarmUp(ctx context.Context, attached bool) (detail string, err error)
	// Benchmark measures a generation; its arguments and errors are those of WarmUp.
	Benchmark(ctx context.Context, attached bool) (detail string, err error)
	// Recovered reports whether jobs can be run again on a ComfyUI that answers again: false after [Engine.Sick], until a
	// generation went well.
	Recovered(ctx context.Context) bool
	// Busy reports whether ComfyUI has anything to do, or a job runs on it of which nobody knows yet how it ended. When that cannot be
	// found out, it has not.
	Busy(ctx context.Context) bool
	// Returned is called when a ComfyUI answers again that did not for a while: it may have been started anew elsewhere, with
	// other models. Jobs run on it whatever the error.
	Returned(ctx context.Context) error
}

// Engine is one ComfyUI. It is safe for concurrent use. The order of calls is Connect (which lasts), Boot, Supervise, Stop.
type Engine struct {
	Config
	client   *comfy.Client
	record   *recordFile
	executor executor // of the present process
	present  present
	up       chan struct{} // closed when ComfyUI can be talked to for the first time
	upOnce   sync.Once
	restart  chan struct{} // one token: an administrator asks for it
	outdated atomic.Bool   // the present process was started by another configuration
}

// New makes an engine. Nothing is started.
func New(c Config) *Engine {
	if c.Pace == (Pace{}) {
		c.Pace = DefaultPace()
	}
	e := &Engine{Config: c, up: make(chan struct{}), restart: make(chan struct{}, 1)}
	e.present.reset()
	var err error
	if e.record, err = openRecord(c.Files.Record, c.Instance); err != nil {
		c.Log.Warn(err.Error(), "worker", c.Worker)
	}
	e.executor.log.File = c.Files.Log
	options := comfy.Options{
		BaseURL:    c.ComfyUI.BaseURL(),
		ClientID:   e.clientID(),
		Token:      c.ComfyUI.Token.Reveal(),
		PartnerKey: c.PartnerKey.Reveal(),
		Log:        c.Log.With("worker", c.Worker),
		OnClientID: func(id string) { go e.keepClientID(id) },
	}
	if e.isRemote() { // a launched one is on this machine, whatever address it listens on
		options.Proxy = http.ProxyFromEnvironment
	}
	e.client = comfy.New(options)
	return e
}

// Client talks to this ComfyUI.
func (e *Engine) Client() *comfy.Client { return e.client }

// Connect keeps the websocket until ctx ends.
func (e *Engine) Connect(ctx context.Context) error { return e.client.Run(ctx) }

// Up is closed when ComfyUI could be talked to for the first time.
func (e *Engine) Up() <-chan struct{} { return e.up }

// Trouble returns the reason why no job can run, for everybody; empty when nothing is known to be wrong.
func (e *Engine) Trouble() string {
	switch s := e.Status.Get(); {
	case s.Status == health.Ready:
		return ""
	case s.Plain == "":
		return "ComfyUI is not ready"
	default:
		return s.Plain
	}
}

// Changed is closed when Trouble may say something new.
func (e *Engine) Changed() <-chan struct{} { return e.Status.Changed() }

func (e *Engine) isRemote() bool { return e.ComfyUI.Installation == config.Remote }

// note keeps what the service after this one must know of ComfyUI. When the disk is full, this one goes on knowing it.
func (e *Engine) note(change func(*record)) {
	if err := e.record.change(change); err != nil {
		e.Log.Error("the record of ComfyUI's process cannot be written, it will be when that works again", "worker", e.Worker, "err", err)
	}
}

// clientID is the websocket client id of this ComfyUI.
func (e *Engine) clientID() string {
	id := e.record.get().ClientID
	if id == "" {
		id = uuid.NewString()
		e.keepClientID(id)
	}
	return id
}

func (e *Engine) keepClientID(id string) { e.note(func(r *record) { r.ClientID = id }) }
