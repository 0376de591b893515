package rpc

import (
	"sync"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
)

// snapshots keeps the latest snapshot encoded, so that many who come at once cost little more than one.
type snapshots struct {
	mu     sync.Mutex
	latest *feed.Snapshot
	whole  [formats]*snapshotParts
	public [formats]*snapshotParts
}

// snapshotParts are a snapshot and the complete status beside it, encoded as parts of a response, without what only one viewer
// is told.
type snapshotParts struct {
	snapshot []byte
	status   []byte
}

// encode gives the snapshot as the viewer may see it.
func (s *snapshots) encode(f format, p Presenter, snapshot *feed.Snapshot, v account.User) (*snapshotParts, error) {
	if p.PrivateJobs && !v.Administrator {
		return encodeSnapshot(f, p, snapshot, v) // nobody else sees the same
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest != snapshot {
		s.latest, s.whole, s.public = snapshot, [formats]*snapshotParts{}, [formats]*snapshotParts{}
	}
	encoded, all := &s.public[f], account.User{}
	if v.Administrator {
		encoded, all = &s.whole[f], everything
	}
	if *encoded != nil {
		return *encoded, nil
	}
	parts, err := encodeSnapshot(f, p, snapshot, all)
	if err == nil {
		*encoded = parts
	}
	return parts, err
}

func encodeSnapshot(f format, p Presenter, from *feed.Snapshot, v account.User) (parts *snapshotParts, err error) {
	snapshot, status := p.snapshot(from, v), p.complete(from, v)
	parts = &snapshotParts{}
	if f == asJSON {
		if parts.snapshot, err = f.marshal(nil, snapshot); err != nil {
			return nil, err
		}
		parts.status, err = f.marshal(nil, status)
		return parts, err
	}
	if parts.snapshot, err = f.marshal(nil, &pb.WatchStateResponse{Snapshot: snapshot}); err != nil {
		return nil, err
	}
	parts.status, err = f.marshal(nil, &pb.WatchStateResponse{Statuses: []*pb.StatusUpdate{status}})
	return parts, err
}
