package api_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Many processes that meet a server for the first time at once become one user.
func TestFirstContactMakesOneUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	var users atomic.Int32
	signIn := func(_ context.Context, req *pb.SignInRequest) (*pb.SignInResponse, error) {
		if req.GetDelivery() != pb.TokenDelivery_TOKEN_DELIVERY_RESPONSE || req.GetClientName() != "comfysched on laptop" {
			t.Errorf("%v", req)
		}
		return &pb.SignInResponse{Token: fmt.Sprintf("token-%d", users.Add(1))}, nil
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			k := &api.Keeper{File: &config.File{Path: path}, Address: "http://localhost:3000", ClientName: "comfysched on laptop", SignIn: signIn}
			if token, err := k.Token(t.Context()); err != nil || token != "token-1" {
				t.Errorf("%q, %v", token, err)
			}
		})
	}
	all.Wait()
	if n := users.Load(); n != 1 {
		t.Errorf("%d users were made", n)
	}
}

func TestTokensAreKeptPerServer(t *testing.T) {
	file := &config.File{Path: filepath.Join(t.TempDir(), "config.json")}
	one := &api.Keeper{File: file, Address: "http://one:3000"}
	if err := one.Keep("secret"); err != nil {
		t.Fatal(err)
	}
	two := &api.Keeper{File: file, Address: "http://two:3000", Passive: true}
	if token, err := two.Token(t.Context()); problem.Code(err) != exitcode.NotAllowed {
		t.Errorf("%q, %v", token, err)
	}
	again := &api.Keeper{File: file, Address: "http://one:3000", Passive: true}
	if token, err := again.Token(t.Context()); token != "secret" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	over := &api.Keeper{File: file, Address: "http://one:3000", Override: "other"}
	if token, err := over.Token(t.Context()); token != "other" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	if err := again.Forget(); err != nil {
		t.Fatal(err)
	}
	if s, err := file.Load(); err != nil || s.Token("http://one:3000") != "" {
		t.Errorf("%v, %v", s, err)
	}
}
