package identity

import (
	"context"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Rules are those of becoming and staying a user.
type Rules struct {
	Mode      account.Mode
	Tokens    int           // that a user who is no administrator may have; 0: any number
	TokenLife time.Duration // how long a token is good that is not used; 0: for ever
}

// freshSince is the moment since which a token must have been made or used to be good.
func (s *Service) freshSince() int64 {
	if s.rules.TokenLife == 0 {
		return 0
	}
	return s.now().Add(-s.rules.TokenLife).UnixMilli()
}

// mayHaveMore refuses a user one more token than one may have.
func (s *Service) mayHaveMore(ctx context.Context, tx store.Tx, user account.User) error {
	if s.rules.Tokens == 0 || user.Administrator {
		return nil
	}
	if n, err := tx.CountTokens(ctx, user.ID, s.freshSince()); err != nil || n < s.rules.Tokens {
		return err
	}
	most := strconv.Itoa(s.rules.Tokens)
	return fault.New(fault.TooManyTokens,
		"you have "+most+" tokens, and one user may have no more: revoke one that is not needed any more").With("limit", most)
}

// checkName refuses a name that cannot be read, or that would pass for somebody else's.
func checkName(name string, isAdministrator bool) error {
	problem := names.Check(name)
	if problem == "" {
		problem = names.Reserved(name, isAdministrator)
	}
	if problem == "" {
		return nil
	}
	return fault.Invalid("name", problem)
}
