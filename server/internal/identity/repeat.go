package identity

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// What a request makes has an id that follows from the request's, so that a repetition finds what the first has made. Secrets
// are not kept: it gets another one, and the one before is void.

// requests is the space of the ids of what requests make.
var requests = uuid.MustParse("5bb23a3c-0a1c-4c63-9e0e-4a6d1c1e7a55")

// repeatable gives the time for which a sign-in may be repeated. Whoever knows its request id is given the user.
const repeatable = 10 * time.Minute

// errRepeated says that a request id stands for something else, or for something that is no more.
var errRepeated = fault.New(fault.RequestIDReused,
	"the request id was used before for a different request, or what it made is revoked: make a new one for another request")

// idFor is the id of what a user's request makes, a random one for a request without an id.
func idFor(by account.Actor, what string) string {
	if by.RequestID == "" {
		return uuid.NewString()
	}
	return uuid.NewSHA1(requests, []byte(by.ID+"/"+what+"/"+by.RequestID)).String()
}

// reissue gives a token that was made by the same request another secret; false when none was.
func reissue(ctx context.Context, tx store.Tx, by account.Actor, wanted account.Token) (made account.Token, repeated bool, err error) {
	if by.RequestID == "" {
		return wanted, false, nil
	}
	made, err = tx.ResetToken(ctx, wanted.UserID, wanted.ID, wanted.Hash)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return wanted, false, nil
	case errors.Is(err, store.ErrRevoked), err == nil && made.ClientName != wanted.ClientName:
		return wanted, true, errRepeated
	}
	return made, true, err
}
