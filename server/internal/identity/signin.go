package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Prefixes make secrets recognisable where they do not belong, such as in a repository.
const (
	tokenPrefix      = "cfs_"
	invitationPrefix = "cfi_"
)

// newSecret makes a secret of 256 random bits, and its hash.
func newSecret(prefix string) (secret string, hash [32]byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	return secret, sha256.Sum256([]byte(secret))
}

// SignIn makes a new user "User-N" and a token, which is told this once; ErrInvitationNeeded, ErrSignInClosed.
func (s *Service) SignIn(ctx context.Context, address, clientName, invitation string) (account.User, string, error) {
	return s.SignInOnce(ctx, "", address, clientName, invitation)
}

// SignInOnce is SignIn for a request that may be repeated for ten minutes: a repetition gives the same user another secret.
func (s *Service) SignInOnce(ctx context.Context, requestID, address, clientName, invitation string) (account.User, string, error) {
	if s.rules.Mode == account.Closed {
		return account.User{}, "", ErrSignInClosed
	}
	user, token, err := s.create(ctx, account.Actor{
		RequestID: requestID,
	}, account.User{}, clientName, func(ctx context.Context, tx store.Tx, made account.User) error {
		detail := ""
		if s.rules.Mode == account.Invite {
			used, err := s.useInvitation(ctx, tx, invitation)
			if err != nil {
				return err
			}
			detail = "with an invitation of " + used.CreatedByName + "'s"
			if used.Note != "" {
				detail += ": " + used.Note
			}
		}
		return s.event(ctx, tx, account.Actor{User: made, Address: address}, audit.SignIn, detail)
	})
	if err != nil {
		return account.User{}, "", err
	}
	s.meet(ctx, token)
	return user, token, nil
}

// useInvitation counts one more use of the invitation with a code, if it is good; ErrInvitationNeeded.
func (s *Service) useInvitation(ctx context.Context, tx store.Tx, code string) (account.Invitation, error) {
	i, err := tx.InvitationByCode(ctx, sha256.Sum256([]byte(code)))
	if errors.Is(err, store.ErrNotFound) || err == nil && !i.IsGood(s.now().UnixMilli()) {
		return i, ErrInvitationNeeded
	}
	if err != nil {
		return i, err
	}
	return i, tx.CountInvitationUse(ctx, i.ID)
}

// meet makes a new token one that Recall knows: whoever has just come in is not held up by others who guess.
func (s *Service) meet(ctx context.Context, token string) {
	_, _ = s.Authenticate(ctx, token) // if not now, then when it is used
}

// insert writes a user; one without a name becomes "User-N", with an N that nobody has or had.
func insert(ctx context.Context, tx store.Tx, user account.User) (account.User, error) {
	if user.Name != "" {
		return user, tx.InsertUser(ctx, user)
	}
	for { // somebody may have chosen the name "User-7"
		n, err := tx.NextUserNumber(ctx)
		if err != nil {
			return user, err
		}
		user.Name = fmt.Sprintf("User-%d", n)
		if err := tx.InsertUser(ctx, user); !errors.Is(err, store.ErrNameTaken) {
			return user, err
		}
	}
}

// create makes a user and a token, and what belongs to that.
func (s *Service) create(
	ctx context.Context, by account.Actor, user account.User, clientName string,
	also func(context.Context, store.Tx, account.User) error,
) (account.User, string, error) {
	now := s.now().UnixMilli()
	token, hash := newSecret(tokenPrefix)
	user.ID, user.CreatedAt = idFor(by, "user"), now
	wanted := account.Token{ID: idFor(by, "first token"), UserID: user.ID, Hash: hash, ClientName: clientName, CreatedAt: now}
	made := user
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		held, repeated, err := reissue(ctx, tx, by, wanted)
		if err != nil {
			return err
		}
		if repeated {
			made, err = s.sameUser(ctx, tx, by, user, held)
			return err
		}
		if made, err = insert(ctx, tx, user); err != nil {
			return err
		}
		if err := tx.InsertToken(ctx, wanted); err != nil {
			return err
		}
		return also(ctx, tx, made)
	})
	if err != nil {
		return account.User{}, "", fmt.Errorf("make a user: %w", err)
	}
	s.heed(ctx)
	return made, token, nil
}

// sameUser is the user whom the same request has made.
func (s *Service) sameUser(
	ctx context.Context, tx store.Tx, by account.Actor, wanted account.User, held account.Token,
) (account.User, error) {
	made, err := tx.User(ctx, wanted.ID)
	if err != nil {
		return made, err
	}
	late := by.ID == "" && s.now().UnixMilli()-held.CreatedAt > repeatable.Milliseconds()
	if late || wanted.Name != "" && wanted.Name != made.Name || wanted.Administrator != made.Administrator && by.ID != "" {
		return made, errRepeated
	}
	return made, nil
}

// SignInWithToken makes a further token for the user whom a token proves; ErrNotSignedIn.
func (s *Service) SignInWithToken(ctx context.Context, requestID, address, token, clientName string) (account.User, string, error) {
	caller, err := s.Authenticate(ctx, token)
	if err != nil {
		return account.User{}, "", err
	}
	caller.Address, caller.RequestID = address, requestID
	_, secret, err := s.CreateToken(ctx, caller.Actor, clientName)
	if err != nil {
		return account.User{}, "", err
	}
	s.meet(ctx, secret)
	return caller.User, secret, nil
}

// event writes down what somebody did.
func (s *Service) event(ctx context.Context, tx store.Tx, by account.Actor, action audit.Action, detail string) error {
	return tx.InsertEvent(ctx, audit.Event{At: s.now().UnixMilli(), UserID: by.ID, Address: by.Address, Action: action, Detail: detail})
}
