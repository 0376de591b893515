//go:build linux

package acceptance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// TestTextsThatHideSomething holds that prompts and names neither hold control characters nor look empty.
func TestTextsThatHideSomething(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	c := s.signIn()
	later := c.book(exactly(now()+600_000, "a fox"))
	for name, text := range map[string]string{
		"NUL":         "a\x00b",
		"escape":      "a\x1b[31mb",
		"bell":        "a\x07",
		"C1":          "a\u0085b",
		"lone return": "a\rb",
		"blank":       "\u3000",
		"zero width":  "\u200b",
		"filler":      "\u3164",
		"braille":     "\u2800",
		"marks":       "\u0301",
	} {
		blank := !strings.HasPrefix(text, "a")
		for call, err := range map[string]error{
			"BookJob": func() error { _, err := c.BookJob(t.Context(), nextFree(text)); return err }(),
			"UpdateJob": func() error {
				_, err := c.UpdateJob(t.Context(), &pb.UpdateJobRequest{
					JobId:   later.Id,
					Version: later.Version,
					Inputs:  servicetest.Prompt(text),
				})
				return err
			}(),
			"CreateToken": func() error {
				_, err := c.Identity.CreateToken(t.Context(), &pb.CreateTokenRequest{Name: text})
				return err
			}(),
			"SignIn": func() error {
				_, err := c.Identity.SignIn(t.Context(), &pb.SignInRequest{ClientName: text})
				return err
			}(),
		} {
			if blank && !strings.HasSuffix(call, "Job") {
				continue // a name may be empty
			}
			if connect.CodeOf(err) != connect.CodeInvalidArgument || infoOf(err).GetReason() != pb.ErrorReason_ERROR_REASON_INVALID_FIELDS {
				t.Errorf("%s with %s: %v", call, name, err)
			}
		}
	}
	for _, text := range []string{"two\nlines", "two\r\nlines", "a\ttab", "🦊", "狐", "लोमड़ी"} {
		if got := c.book(nextFree(text)).Prompt; got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestTokensAreBoundedByDefault holds the default limit, and that lists come in pages.
func TestTokensAreBoundedByDefault(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	c := s.signIn()
	made := 1
	var err error
	for ; made < 30 && err == nil; made++ {
		_, err = c.Identity.CreateToken(t.Context(), &pb.CreateTokenRequest{Name: fmt.Sprint(made)})
	}
	if info := infoOf(err); info.GetReason() != pb.ErrorReason_ERROR_REASON_TOO_MANY_TOKENS || info.Metadata["limit"] != "20" || made != 21 {
		t.Errorf("%d were made, then %v", made-1, err)
	}
	seen := map[string]bool{}
	for page := (&pb.ListTokensRequest{PageSize: 7}); ; {
		list, err := c.Identity.ListTokens(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range list.Tokens {
			seen[token.Id] = true
		}
		if page.PageToken = list.NextPageToken; page.PageToken == "" {
			break
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d tokens in the pages", len(seen))
	}
	root := s.administrator()
	for range 3 {
		if _, err := root.Admin.CreateInvitation(t.Context(), &pb.CreateInvitationRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	first, err := root.Admin.ListInvitations(t.Context(), &pb.ListInvitationsRequest{PageSize: 2})
	if err != nil || len(first.Invitations) != 2 || first.NextPageToken == "" {
		t.Fatal(first, err)
	}
	rest, err := root.Admin.ListInvitations(t.Context(), &pb.ListInvitationsRequest{PageSize: 2, PageToken: first.NextPageToken})
	if err != nil || len(rest.Invitations) != 1 || rest.NextPageToken != "" {
		t.Error(rest, err)
	}
}

// TestEmptyTokenFileIsMadeAnew holds that a torn write does not lock the administrator out without a word.
func TestEmptyTokenFileIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := filepath.Join(s.Folder, "data", "admin-token")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.says("held none")
	if _, err := s.administrator().Admin.ListUsers(t.Context(), &pb.ListUsersRequest{}); err != nil {
		t.Errorf("with the token of the file: %v", err)
	}
}
