package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// at is the newest revision.
func (s *suite) at() store.Revision {
	s.Helper()
	at, err := s.Revision(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return at
}

// since reads all changes after a revision, which must follow on each other.
func (s *suite) since(after store.Revision) (all []store.Change) {
	s.Helper()
	for {
		changes, err := s.Changes(s.Context(), after, 7)
		if err != nil {
			s.Fatal(err)
		}
		if len(changes) == 0 {
			return all
		}
		for _, c := range changes {
			if c.After != after || c.Revision.Epoch != after.Epoch || c.Revision.Number <= after.Number || len(c.Things) == 0 {
				s.Fatalf("after %v comes %+v", after, c)
			}
			after = c.Revision
		}
		all = append(all, changes...)
	}
}

// logged: each update that is kept is one change, in the order of the commits, and no other is.
func logged(t *testing.T, s *suite) {
	user, start := s.user(), s.at()
	var want, got []string
	for i := range 20 {
		j := booking(user, "gpu", int64(i)*100, 50)
		j.Inputs = workflow.Values{"prompt": workflow.Text(fmt.Sprint(i))}
		want = append(want, j.Prompt())
		s.insert(j)
		_ = s.try(func(ctx context.Context, tx store.Tx) error {
			_ = tx.InsertJob(ctx, booking(user, "gpu", 1e6, 1))
			return errors.New("not kept")
		})
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, "r", []byte("no news")) })
	}
	changes := s.since(start)
	for i, c := range changes {
		if c.Revision.Number != start.Number+int64(i)+1 || len(c.Things) != 1 || c.Things[0].Job == nil {
			t.Fatalf("change %d is %+v", i, c)
		}
		got = append(got, c.Things[0].Job.Prompt())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := s.at(); at.Number != start.Number+20 {
		t.Errorf("the newest revision is %v", at)
	}
}

// told holds what each write is told as.
func told(t *testing.T, s *suite) {
	ada, bob := s.user(), s.user()
	j := booking(ada, "gpu", 1000, 500)
	moved := j
	moved.Move(2000)
	pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(9000, 10), UserID: ada.ID, UserName: ada.Name}
	renamed, renamedPause, gone := ada, pause, bob
	renamed.Name, renamedPause.UserName, gone.Name = "Ada", "Ada", "Deleted user"
	token := account.Token{ID: "t", UserID: bob.ID, Hash: [32]byte{3}}
	invitation := account.Invitation{ID: "i", Hash: [32]byte{4}, CreatedBy: ada.ID, ExpiresAt: 100, MaxUses: 1}
	for _, step := range []struct {
		name   string
		change func(context.Context, store.Tx) error
		want   []store.Thing
	}{
		{"a job, twice", func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.InsertJob(ctx, j), tx.UpdateJob(ctx, moved))
		}, []store.Thing{{Kind: store.JobKind, Key: j.ID, Job: &moved}}},
		{
			"a pause", func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) },
			[]store.Thing{{Kind: store.PauseKind, Key: "gpu", Pause: &pause}},
		},
		{
			"a name", func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, ada.ID, "Ada") },
			[]store.Thing{{Kind: store.UserKind, Key: ada.ID, User: &renamed}, {Kind: store.PauseKind, Key: "gpu", Pause: &renamedPause}},
		},
		{
			"the end of a pause", func(ctx context.Context, tx store.Tx) error { return tx.DropPause(ctx, "gpu") },
			[]store.Thing{{Kind: store.PauseKind, Key: "gpu"}},
		},
		{
			"a token", func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"another name of a token", func(ctx context.Context, tx store.Tx) error { return tx.RenameToken(ctx, bob.ID, "t", "x") },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"a revoked token", func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, bob.ID, "t", 5) },
			[]store.Thing{{Kind: store.TokenKind, Key: "t"}},
		},
		{
			"an invitation", func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, invitation) },
			[]store.Thing{{Kind: store.InvitationKind, Key: "i"}},
		},
		{"a version of a workflow", func(ctx context.Context, tx store.Tx) error {
			return tx.PutWorkflowVersion(ctx, store.WorkflowVersion{Hash: "h", Graph: []byte("{}"), Form: []byte("{}")})
		}, []store.Thing{{Kind: store.VersionKind, Key: "h"}}},
		{"an imported workflow", func(ctx context.Context, tx store.Tx) error {
			return tx.PutImport(ctx, store.Import{ID: "w", File: []byte("{}"), Edits: []byte("{}"), Importer: ada.ID})
		}, []store.Thing{{Kind: store.WorkflowKind, Key: "w"}}},
		{
			"its picture", func(ctx context.Context, tx store.Tx) error { return tx.PutWorkflowPicture(ctx, "w", []byte("p")) },
			[]store.Thing{{Kind: store.WorkflowKind, Key: "w"}},
		},
		{
			"its end", func(ctx context.Context, tx store.Tx) error { return tx.DeleteImport(ctx, "w") },
			[]store.Thing{{Kind: store.WorkflowKind, Key: "w"}},
		},
		{
			"a deleted user", func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, bob.ID, "Deleted user", 1) },
			[]store.Thing{{Kind: store.UserKind, Key: bob.ID, User: &gone}},
		},
		{
			"a forgotten user", func(ctx context.Context, tx store.Tx) error { return tx.Erased(ctx, bob.ID) },
			[]store.Thing{{Kind: store.UserKind, Key: bob.ID}},
		},
		{"a user of some sort", func(ctx context.Context, tx store.Tx) error {
			_, err := tx.SetAdministrator(ctx, ada.ID, true)
			renamed.Administrator = true
			return err
		}, []store.Thing{{Kind: store.UserKind, Key: ada.ID, User: &renamed}}},
	} {
		before := s.at()
		s.update(step.change)
		changes := s.since(before)
		if len(changes) != 1 {
			t.Fatalf("%s: %+v", step.name, changes)
		}
		want := step.want
		if step.name == "a name" { // before it became an administrator
			want[0].User = &account.User{ID: ada.ID, Name: "Ada", CreatedAt: ada.CreatedAt}
		}
		if diff := cmp.Diff(want, changes[0].Things); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	before := s.at()
	s.update(func(ctx context.Context, tx store.Tx) error {
		err := tx.PutWorkflowVersion(ctx, store.WorkflowVersion{Hash: "h", Graph: []byte("{}"), Form: []byte("{}")})
		return errors.Join(err, tx.PutWorkflowPicture(ctx, "w", nil))
	})
	if at := s.at(); at != before {
		t.Errorf("the same version again, and no picture as before, lead to %v", at)
	}
}

// logSurvives: the log is there when the store is opened again, with the values as they are, and goes on.
func logSurvives(t *testing.T, s *suite) {
	start := s.at()
	user := s.user()
	first, second := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500)
	s.insert(first, second)
	middle := s.at()
	first.Move(5000)
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, first) })
	pause := schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(9000, 10), UserID: user.ID, UserName: user.Name}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutPause(ctx, pause) })
	end := s.at()
	s.again()
	if at := s.at(); at != end {
		t.Fatalf("opened at %v, closed at %v", at, end)
	}
	for after, want := range map[store.Revision]map[string]any{
		start:  {user.ID: user, first.ID: first, second.ID: second, "gpu": pause},
		middle: {first.ID: first, "gpu": pause},
		end:    {},
	} {
		got := map[string]any{}
		changes, err := s.Changes(t.Context(), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range changes {
			if i == 0 && c.After != after {
				t.Errorf("after %v comes a change after %v", after, c.After)
			}
			for _, thing := range c.Things {
				switch {
				case thing.Job != nil:
					got[thing.Key] = *thing.Job
				case thing.User != nil:
					got[thing.Key] = *thing.User
				case thing.Pause != nil:
					got[thing.Key] = *thing.Pause
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %v: %s", after, diff)
		}
	}
	s.insert(booking(user, "gpu", 20_000, 500))
	if at := s.at(); at.Epoch != end.Epoch || at.Number != end.Number+1 {
		t.Errorf("after %v comes %v", end, at)
	}
	s.since(start)
}

// again opens the store again.
func (s *suite) again() {
	s.Helper()
	if err := s.Close(); err != nil {
		s.Fatal(err)
	}
	s.Store = s.open(s.T, s.folder)
}

// forgotten: what the log does not know it says, and a new epoch knows nothing of the one before.
func forgotten(t *testing.T, s *suite) {
	user := s.user()
	at := s.at()
	ask := func(after store.Revision) {
		t.Helper()
		if changes, err := s.Changes(t.Context(), after, 10); !errors.Is(err, store.ErrForgotten) {
			t.Errorf("after %v: %v (%v)", after, changes, err)
		}
	}
	ask(store.Revision{})
	ask(store.Revision{Epoch: "another", Number: at.Number})
	ask(store.Revision{Epoch: at.Epoch, Number: at.Number + 1})
	_ = s.try(func(ctx context.Context, tx store.Tx) error { return errors.Join(tx.NewEpoch(ctx), errBad) })
	if now := s.at(); now != at {
		t.Errorf("an epoch that was taken back leads to %v", now)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.NewEpoch(ctx) })
	anew := s.at()
	if anew.Epoch == at.Epoch || anew.Epoch == "" {
		t.Errorf("the epoch is %q still", anew.Epoch)
	}
	ask(at)
	s.insert(booking(user, "gpu", 1000, 500))
	if changes := s.since(anew); len(changes) != 1 {
		t.Errorf("in the new epoch: %+v", changes)
	}
	end := s.at()
	s.again()
	ask(at)
	if now := s.at(); now != end {
		t.Errorf("opened at %v, closed at %v", now, end)
	}
}

// waiting: whoever waits is woken by what comes, and by the end.
func waiting(t *testing.T, s *suite) {
	_ = s.Close()
	synctest.Test(t, func(t *testing.T) {
		s := s.reopened(t)
		defer func() { _ = s.Close() }()
		at := s.at()
		ended := make(chan error, 1)
		wait := func(ctx context.Context, after store.Revision) { ended <- s.Wait(ctx, after) }
		go wait(t.Context(), at)
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("there is nothing new (%v)", err)
		default:
		}
		s.user()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, after := range []store.Revision{at, {}, {Epoch: "another", Number: 100}} {
			if err := s.Wait(t.Context(), after); err != nil {
				t.Errorf("for what is there after %v: %v", after, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Wait(ctx, s.at()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("for a minute: %v", err)
		}
		go wait(t.Context(), s.at())
		synctest.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, store.ErrClosed) {
			t.Errorf("to the end: %v", err)
		}
	})
}

// revisions: who has read up to what an update gave knows what it wrote, and what it saw.
func revisions(t *testing.T, s *suite) {
	user := s.user()
	for i := range 5 {
		before := s.at()
		at, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx, booking(user, "gpu", int64(i)*100, 50))
		})
		if err != nil || at.Epoch != before.Epoch || at.Number != before.Number+1 || s.at() != at {
			t.Errorf("update %d: %v after %v (%v)", i, at, before, err)
		}
	}
	before := s.at()
	at, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, user.ID); return err })
	if err != nil || at != before {
		t.Errorf("an update that only reads: %v after %v (%v)", at, before, err)
	}
}

// missing asks for everything by a name that nobody has.
func missing(t *testing.T, s *suite) {
	user := s.user()
	unknown := booking(account.User{ID: uuid.NewString()}, "gpu", 1000, 500)
	unwritten := booking(user, "gpu", 2000, 500)
	for name, change := range map[string]struct {
		want   error
		change func(context.Context, store.Tx) error
	}{
		"job":           {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.Job(ctx, "?"); return err }},
		"job, changed":  {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, unwritten) }},
		"job of nobody": {store.ErrUserDeleted, func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, unknown) }},
		"pause of nobody": {store.ErrUserDeleted, func(ctx context.Context, tx store.Tx) error {
			return tx.PutPause(ctx, schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(1, 1), UserID: "?"})
		}},
		"token of nobody": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			return tx.InsertToken(ctx, account.Token{ID: "x", UserID: "?"})
		}},
		"user":          {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, "?"); return err }},
		"user, renamed": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, "?", "Somebody") }},
		"user, deleted": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, "?", "Somebody", 1) }},
		"request": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			_, _,
				err := tx.Request(ctx, user.ID, "?")
			return err
		}},
		"what needs none": {nil, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.RevokeTokens(ctx, "?", 1)
			return errors.Join(err, tx.TouchToken(ctx, "?", 1), tx.DropPause(ctx, "?"), tx.Erased(ctx, "?"))
		}},
	} {
		before := s.at()
		if err := s.try(change.change); !errors.Is(err, change.want) {
			t.Errorf("%s: %v, want %v", name, err, change.want)
		}
		if at := s.at(); at != before {
			t.Errorf("%s: it leads to %v", name, at)
		}
	}
	if _, found, err := s.Pause(t.Context(), "gpu"); found || err != nil {
		t.Errorf("a pause: %v (%v)", found, err)
	}
	for name, read := range map[string]func() error{
		"job":         func() error { _, err := s.Store.Job(t.Context(), "?"); return err },
		"next job":    func() error { _, err := s.NextScheduled(t.Context(), "gpu", 0); return err },
		"user":        func() error { _, err := s.User(t.Context(), "?"); return err },
		"token":       func() error { _, _, err := s.UserByToken(t.Context(), [32]byte{}); return err },
		"version":     func() error { _, err := s.WorkflowVersion(t.Context(), "?"); return err },
		"import":      func() error { _, err := s.Import(t.Context(), "?"); return err },
		"picture":     func() error { _, err := s.WorkflowPicture(t.Context(), "?"); return err },
		"record":      func() error { _, err := s.Record(t.Context(), "?"); return err },
		"result file": func() error { _, err := s.ResultOwner(t.Context(), "?", "?"); return err },
	} {
		if err := read(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// closed: nothing is answered after the end.
func closed(t *testing.T, s *suite) {
	at := s.at()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, call := range map[string]func() error{
		"update":       func() error { return s.try(func(context.Context, store.Tx) error { return nil }) },
		"job":          func() error { _, err := s.Store.Job(t.Context(), "?"); return err },
		"jobs":         func() error { _, err := s.ListJobs(t.Context(), store.Query{Limit: 1}); return err },
		"active jobs":  func() error { _, err := s.ActiveJobs(t.Context()); return err },
		"free slots":   func() error { _, err := s.FreeSlots(t.Context(), "gpu", 0, 1, 1); return err },
		"pause":        func() error { _, _, err := s.Pause(t.Context(), "gpu"); return err },
		"user":         func() error { _, err := s.User(t.Context(), "?"); return err },
		"accounts":     func() error { _, err := s.Accounts(t.Context(), nil, 1); return err },
		"tokens":       func() error { _, err := s.Tokens(t.Context(), "?", nil, 1); return err },
		"invitations":  func() error { _, err := s.Invitations(t.Context(), 0, nil, 1); return err },
		"events":       func() error { _, err := s.Events(t.Context(), audit.Query{Limit: 1}); return err },
		"version":      func() error { _, err := s.WorkflowVersion(t.Context(), "?"); return err },
		"imports":      func() error { _, err := s.Imports(t.Context()); return err },
		"import":       func() error { _, err := s.Import(t.Context(), "?"); return err },
		"pictures":     func() error { _, err := s.WorkflowPictures(t.Context()); return err },
		"picture":      func() error { _, err := s.WorkflowPicture(t.Context(), "?"); return err },
		"record":       func() error { _, err := s.Record(t.Context(), "?"); return err },
		"revision":     func() error { _, err := s.Revision(t.Context()); return err },
		"changes":      func() error { _, err := s.Changes(t.Context(), at, 1); return err },
		"what is next": func() error { return s.Wait(t.Context(), at) },
	} {
		if err := call(); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
