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
	outlook *Outlook
	change  feed.Delta
	whole   encoding
	public  encoding
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
func (o *Outlook) Delta(d feed.Delta) *Delta { return &Delta{outlook: o, change: d} }

// For is the change as the viewer may see it: in binary a response with it, in JSON the change alone.
func (d *Delta) For(f format, v account.User) ([]byte, error) {
	if _, some := d.change.Own[v.ID]; some {
		return d.encode(f, v) // it has no other viewers
	}
	if d.outlook.seesWhole(v, &d.change) {
		return d.whole.get(f, d, everything)
	}
	return d.public.get(f, d, account.User{})
}

// everything is the viewer from whom nothing is kept.
var everything = account.User{Administrator: true}

// seesWhole reports whether nothing of a change is kept from the viewer.
func (o *Outlook) seesWhole(v account.User, d *feed.Delta) bool {
	if v.Administrator {
		return true
	}
	return !slices.ContainsFunc(d.Jobs, func(j job.Job) bool { return !o.SeesJobsOf(v, j.UserID) }) &&
		(d.Progress == nil || o.SeesJobsOf(v, d.Progress.UserID)) && (len(d.Connections) == 0 || o.SeesAddresses(v)) && d.System == nil
}

// encode gives an error also where the change is not what it should be: whoever watches is served otherwise then.
func (d *Delta) encode(f format, v account.User) (encoded []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if d.change.Progress != nil {
		progress := d.outlook.progress(*d.change.Progress, v)
		if f == asJSON {
			return f.marshal(nil, progress)
		}
		return f.marshal(nil, &pb.WatchStateResponse{Progress: []*pb.JobProgress{progress}})
	}
	delta := d.outlook.delta(d.change, v)
	if f == asJSON {
		return f.marshal(nil, delta)
	}
	return f.marshal(nil, &pb.WatchStateResponse{Deltas: []*pb.StateDelta{delta}})
}
