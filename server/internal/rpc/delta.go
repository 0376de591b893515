package rpc

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Delta is a change as it goes over the wire. In each format it is encoded when the first asks for it, once for all who see
// the whole of it and once for those who see what everybody may.
type Delta struct {
	presenter *Presenter
	change    feed.Delta
	whole     encoding
	public    encoding
}

// encoding is something in each format, made when the first asks for it.
type encoding [formats]struct {
	making sync.Mutex
	made   atomic.Pointer[encoded]
}

type encoded struct {
	bytes []byte
	err   error
}

// get gives what is made, and else makes it as the viewer may see it.
func (e *encoding) get(f format, d *Delta, v account.User) ([]byte, error) {
	if made := e[f].made.Load(); made != nil {
		return made.bytes, made.err
	}
	e[f].making.Lock()
	defer e[f].making.Unlock()
	made := e[f].made.Load()
	if made == nil {
		made = &encoded{}
		made.bytes, made.err = d.encode(f, v)
		e[f].made.Store(made)
	}
	return made.bytes, made.err
}

// Delta is a change as viewers may see it.
func (p *Presenter) Delta(d feed.Delta) *Delta { return &Delta{presenter: p, change: d} }

// For is the change as the viewer may see it: in binary a response with it, in JSON the change alone.
func (d *Delta) For(f format, v account.User) ([]byte, error) {
	if _, some := d.change.Own[v.ID]; some {
		return d.encode(f, v) // it has no other viewers
	}
	if d.presenter.seesWhole(v, &d.change) {
		return d.whole.get(f, d, everything)
	}
	return d.public.get(f, d, account.User{})
}

// everything is the viewer from whom nothing is kept.
var everything = account.User{Administrator: true}

// seesWhole reports whether nothing of a change is kept from the viewer.
func (p *Presenter) seesWhole(v account.User, d *feed.Delta) bool {
	if v.Administrator {
		return true
	}
	return !slices.ContainsFunc(d.Jobs, func(j job.Job) bool { return !p.SeesJobsOf(v, j.UserID) }) &&
		(d.Progress == nil || p.SeesJobsOf(v, d.Progress.UserID)) && (len(d.Connections) == 0 || p.SeesAddresses(v)) && d.System == nil
}

// encode gives an error also where the change is not what it should be: whoever watches is served otherwise then.
func (d *Delta) encode(f format, v account.User) (encoded []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	response := d.response(v)
	if f == asBinary {
		return f.marshal(nil, response)
	}
	switch {
	case len(response.Progress) > 0:
		return f.marshal(nil, response.Progress[0])
	case len(response.Deltas) > 0:
		return f.marshal(nil, response.Deltas[0])
	default:
		return f.marshal(nil, response.Statuses[0])
	}
}

// response is the one with nothing but the change.
func (d *Delta) response(v account.User) *pb.WatchStateResponse {
	switch {
	case d.change.Progress != nil:
		return &pb.WatchStateResponse{Progress: []*pb.JobProgress{d.presenter.progress(*d.change.Progress, v)}}
	case d.change.IsKept():
		return &pb.WatchStateResponse{Deltas: []*pb.StateDelta{d.presenter.delta(d.change, v)}}
	default:
		return &pb.WatchStateResponse{Statuses: []*pb.StatusUpdate{d.presenter.status(d.change, v)}}
	}
}
