package stream

import (
	"cmp"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Names are the names of users by their ids.
type Names map[string]string

// NamesOf are the names that a snapshot tells.
func NamesOf(snapshot *pb.StateSnapshot) Names {
	n := Names{}
	n.Learn(snapshot.GetUsers())
	return n
}

// Learn takes in what users are called now.
func (n Names) Learn(users []*pb.UserName) {
	for _, u := range users {
		n[u.GetUserId()] = u.GetName()
	}
}

// For is what the owner of a job is called.
func (n Names) For(j *pb.Job) string { return cmp.Or(n[j.GetUserId()], j.GetUserName()) }
