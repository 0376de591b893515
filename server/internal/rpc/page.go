package rpc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// pageToken is a place in a list. It is bound to the question, so that a changed one is not answered with a gap.
type pageToken struct {
	Start    int64  `json:"s"`
	ID       string `json:"i"`
	Question []byte `json:"q"`
}

// pagedRequest asks for a page of a list.
type pagedRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

const (
	defaultPage = 50
	maxPage     = 500
)

// pageSize gives the number of entries that are wanted.
func pageSize(r pagedRequest) int {
	if r.GetPageSize() == 0 {
		return defaultPage
	}
	return min(int(r.GetPageSize()), maxPage)
}

func question(r pagedRequest) []byte {
	asked := proto.Clone(r).ProtoReflect()
	for _, name := range []protoreflect.Name{"page_token", "page_size"} {
		asked.Clear(asked.Descriptor().Fields().ByName(name))
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(asked.Interface())
	if err != nil {
		panic(err) // it came over the wire
	}
	sum := sha256.Sum256(encoded)
	return sum[:8]
}

// page shows a list that was read with one entry too many, as far as a page and a response reach, and gives the token of
// the rest.
func page[T any, M proto.Message](r pagedRequest, list []T, show func(T) M, place func(T) store.Cursor) (shown []M, next string) {
	left := maxResponse
	for i, entry := range list {
		m := show(entry)
		left -= proto.Size(m) + entryFrame
		if i == pageSize(r) || i > 0 && left < 0 {
			return shown, tokenAfter(r, place(list[i-1]))
		}
		shown = append(shown, m)
	}
	return shown, ""
}

func tokenAfter(r pagedRequest, last store.Cursor) string {
	data, err := json.Marshal(pageToken{last.Start, last.ID, question(r)})
	if err != nil {
		panic(err) // its fields can all be written
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// pageAfter is the place that a request's token stands for; nil for the first page.
func pageAfter(r pagedRequest) (*store.Cursor, error) {
	if r.GetPageToken() == "" {
		return nil, nil
	}
	var token pageToken
	data, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
	if err != nil || json.Unmarshal(data, &token) != nil {
		return nil, fault.Invalid("page_token", "is not a token of this service")
	}
	if string(token.Question) != string(question(r)) {
		return nil, fault.Invalid("page_token", "belongs to a list with other filters or another order")
	}
	return &store.Cursor{Start: token.Start, ID: token.ID}, nil
}

// pageOfAll shows a page of a list that is at hand as a whole and has an order of its own. An entry that is gone meanwhile takes
// the rest of the list with it.
func pageOfAll[T any, M proto.Message](r pagedRequest, all []T, show func(T) M, id func(T) string) ([]M, string, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, "", err
	}
	rest := all
	if after != nil {
		at := slices.IndexFunc(all, func(entry T) bool { return id(entry) == after.ID })
		if rest = nil; at >= 0 {
			rest = all[at+1:]
		}
	}
	shown, next := page(r, rest[:min(len(rest), pageSize(r)+1)], show, func(entry T) store.Cursor { return store.Cursor{ID: id(entry)} })
	return shown, next, nil
}
