package api

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Keeper hands out the token for one server.
type Keeper struct {
	// File keeps tokens between runs.
	File *config.File
	// Address is the server the token is for.
	Address string
	// Override is a token that is used instead of the kept one.
	Override string
	// ClientName names the token in its owner's list.
	ClientName string
	// Invitation is the code of an invitation, for servers that ask for one.
	Invitation string
	// Passive makes a missing token an error instead of a reason to sign in.
	Passive bool
	// SignIn asks the server for a new user.
	SignIn func(context.Context, *pb.SignInRequest) (*pb.SignInResponse, error)
	// SignedIn is told about a new user; may be nil.
	SignedIn func(*pb.User)

	mu    sync.Mutex
	token string
}

// Token gives the token, at first contact that of a new user. Processes that start together become one user.
func (k *Keeper) Token(ctx context.Context) (string, error) {
	if k.Override != "" {
		return k.Override, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token != "" {
		return k.token, nil
	}
	s, err := k.File.Load()
	if err != nil {
		return "", err
	}
	if k.token = s.Token(k.Address); k.token != "" {
		return k.token, nil
	}
	if k.Passive {
		return "", exitcode.Errorf(exitcode.NotAllowed, "not signed in to %s", k.Address)
	}
	err = k.File.Update(func(s *config.Settings) error {
		if k.token = s.Token(k.Address); k.token != "" {
			return nil // another process was faster
		}
		return k.signIn(ctx, s)
	})
	return k.token, err
}

func (k *Keeper) signIn(ctx context.Context, s *config.Settings) error {
	req := &pb.SignInRequest{
		Delivery:   pb.TokenDelivery_TOKEN_DELIVERY_RESPONSE,
		ClientName: k.ClientName,
		Invitation: k.Invitation,
		RequestId:  uuid.NewString(),
	}
	answer, err := Once(ctx, func(ctx context.Context) (*pb.SignInResponse, error) { return k.SignIn(ctx, req) })
	if err != nil {
		return err
	}
	k.token = answer.GetToken()
	s.SetToken(k.Address, k.token)
	if k.SignedIn != nil {
		k.SignedIn(answer.GetUser())
	}
	return nil
}

// Keep stores a token that was given from outside.
func (k *Keeper) Keep(token string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = token
	return k.File.Update(func(s *config.Settings) error {
		s.SetToken(k.Address, token)
		return nil
	})
}

// Forget removes the kept token.
func (k *Keeper) Forget() error { return k.Keep("") }
