package api

import pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"

// Names are the names of users by their ids. The server names each user once, beside the jobs and connections that carry
// only ids.
type Names map[string]string

// NamesOf are the names in an answer.
func NamesOf(users []*pb.UserName) Names {
	n := Names{}
	n.Learn(users)
	return n
}

// Learn takes in what users are called now.
func (n Names) Learn(users []*pb.UserName) {
	for _, u := range users {
		n[u.GetUserId()] = u.GetName()
	}
}
