package rpc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// pageToken is a place in a list. It is bound to the question, so that a changed one is not answered with a gap.
type pageToken struct {
	Start    int64  `json:"s"`
	ID       string `json:"i"`
	Question []byte `json:"q"`
}

func question(r *pb.ListJobsRequest) []byte {
	r = proto.CloneOf(r)
	r.PageToken, r.PageSize = "", 0
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		panic(err) // it came over the wire
	}
	sum := sha256.Sum256(encoded)
	return sum[:8]
}

func writePageToken(r *pb.ListJobsRequest, last job.Job) string {
	data, err := json.Marshal(pageToken{last.Start, last.ID, question(r)})
	if err != nil {
		panic(err) // its fields can all be written
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func readPageToken(r *pb.ListJobsRequest) (*store.Cursor, error) {
	var token pageToken
	var wrong job.InputError
	data, err := base64.RawURLEncoding.DecodeString(r.PageToken)
	if err != nil || json.Unmarshal(data, &token) != nil {
		wrong.Add("page_token", "", "is not a token of this service")
		return nil, &wrong
	}
	if string(token.Question) != string(question(r)) {
		wrong.Add("page_token", "", "belongs to a list with other filters or another order")
		return nil, &wrong
	}
	return &store.Cursor{Start: token.Start, ID: token.ID}, nil
}

// canonical is a UUID as the service writes it.
func canonical(id string) string { return strings.ToLower(id) }
