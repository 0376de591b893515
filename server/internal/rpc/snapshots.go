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
	whole  map[format]*snapshotParts
	public map[format]*snapshotParts
}

// snapshotParts are a snapshot encoded, without what only one viewer is told.
type snapshotParts struct {
	whole       []byte // in binary, a response with it
	fields      []byte // in JSON, all but the lists that a viewer's own entries join
	connections []byte // in JSON, the elements
	users       []byte // in JSON, the elements
}

// encode gives the snapshot as the viewer may see it.
func (s *snapshots) encode(f format, o Outlook, snapshot *feed.Snapshot, v account.User) (*snapshotParts, error) {
	if o.PrivateJobs && !v.Administrator {
		return encodeSnapshot(f, o.snapshot(snapshot, v)) // nobody else sees the same
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest != snapshot {
		s.latest, s.whole, s.public = snapshot, map[format]*snapshotParts{}, map[format]*snapshotParts{}
	}
	encoded, all := s.public, account.User{}
	if v.Administrator {
		encoded, all = s.whole, everything
	}
	if parts, ok := encoded[f]; ok {
		return parts, nil
	}
	parts, err := encodeSnapshot(f, o.snapshot(snapshot, all))
	if err == nil {
		encoded[f] = parts
	}
	return parts, err
}

func encodeSnapshot(f format, snapshot *pb.StateSnapshot) (parts *snapshotParts, err error) {
	parts = &snapshotParts{}
	if f == asBinary {
		parts.whole, err = f.marshal(nil, &pb.WatchStateResponse{Snapshot: snapshot})
		return parts, err
	}
	parts.connections, parts.users, err = jsonLists(snapshot)
	if err != nil {
		return nil, err
	}
	snapshot.ConnectedUsers, snapshot.Users = nil, nil
	parts.fields, err = jsonFields(snapshot)
	return parts, err
}

func jsonLists(snapshot *pb.StateSnapshot) (connections, users []byte, err error) {
	if connections, err = jsonElements(snapshot.ConnectedUsers); err != nil {
		return nil, nil, err
	}
	users, err = jsonElements(snapshot.Users)
	return connections, users, err
}

// addTo puts the snapshot with what only this viewer is told of it into a response.
func (p *snapshotParts) addTo(whole *object, aside *pb.StateSnapshot) error {
	connections, users, err := jsonLists(aside)
	if err != nil {
		return err
	}
	rest, err := jsonFields(&pb.StateSnapshot{ServerTimeMs: aside.GetServerTimeMs()})
	if err != nil {
		return err
	}
	snapshot := newObject()
	snapshot.fields(p.fields)
	snapshot.fields(rest)
	snapshot.list("connectedUsers", p.connections, connections)
	snapshot.list("users", p.users, users)
	whole.object("snapshot", snapshot)
	return nil
}
