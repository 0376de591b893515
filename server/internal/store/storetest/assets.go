package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// own makes users owners of an asset.
func (s *suite) own(id, kind string, at int64, owners ...account.User) (a store.OwnedAsset) {
	s.Helper()
	for _, owner := range owners {
		a = store.OwnedAsset{
			Asset: store.Asset{
				ID:        id,
				Kind:      kind,
				MediaType: "image/png",
				Size:      100,
				Width:     3,
				Height:    4,
				Duration:  5,
				Animated:  true,
			},
			Owner:     owner.ID,
			Name:      id + ".png",
			CreatedAt: at,
			UsedAt:    at,
		}
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutAsset(ctx, a) })
	}
	return a
}

func (s *suite) assetsOf(user account.User, kinds []string, after *store.Cursor, limit int) (ids []string) {
	s.Helper()
	all, err := s.OwnedAssets(s.Context(), user.ID, kinds, after, limit)
	if err != nil {
		s.Fatal(err)
	}
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return ids
}

func assets(t *testing.T, s *suite) {
	ada, bob := s.user(), s.user()
	cat := s.own("cat", "image", 10, ada)
	s.own("dog", "image", 20, ada, bob)
	s.own("song", "audio", 15, ada)
	got, err := s.OwnedAsset(t.Context(), "cat", ada.ID)
	if diff := cmp.Diff(cat, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if one, err := s.Asset(t.Context(), "cat"); one != cat.Asset || err != nil {
		t.Errorf("%+v, %v", one, err)
	}
	for _, c := range []struct {
		got, want []string
	}{
		{s.assetsOf(ada, nil, nil, 9), []string{"dog", "song", "cat"}},
		{s.assetsOf(ada, []string{"image"}, nil, 9), []string{"dog", "cat"}},
		{s.assetsOf(ada, []string{"image", "audio"}, &store.Cursor{Start: 20, ID: "dog"}, 1), []string{"song"}},
		{s.assetsOf(bob, nil, nil, 9), []string{"dog"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	if n, err := s.AssetBytes(t.Context(), ada.ID); n != 300 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	again := cat
	again.Name, again.CreatedAt, again.UsedAt = "", 30, 30
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.PutAsset(ctx, again) })
	if got, _ := s.OwnedAsset(t.Context(), "cat", ada.ID); got.Name != "cat.png" || got.CreatedAt != 10 || got.UsedAt != 30 {
		t.Errorf("handed in again: %+v", got)
	}
	for name, err := range map[string]error{
		"unknown":  s.try(func(ctx context.Context, tx store.Tx) error { return tx.DisownAsset(ctx, "?", ada.ID) }),
		"of Ada's": s.try(func(ctx context.Context, tx store.Tx) error { return tx.DisownAsset(ctx, "cat", bob.ID) }),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.DisownAsset(ctx, "dog", ada.ID) })
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, ada.ID, "Deleted", 50) })
	if got := s.forget(); !slices.Equal(got, []string{"cat", "song"}) {
		t.Errorf("forgotten: %v", got)
	}
	if err := s.try(func(ctx context.Context, tx store.Tx) error { return tx.PutAsset(ctx, cat) }); !errors.Is(err, store.ErrUserDeleted) {
		t.Errorf("of a deleted user: %v", err)
	}
	s.again()
	if got := s.assetsOf(bob, nil, nil, 9); !slices.Equal(got, []string{"dog"}) {
		t.Errorf("opened again: %v", got)
	}
}

// awaitedAssets: what a worker is to be given is told by who may still run there.
func awaitedAssets(t *testing.T, s *suite) {
	ada := s.user()
	s.own("cat", "image", 10, ada)
	j := booking(ada, "gpu", 1000, 500)
	s.insert(j)
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.SetJobAssets(ctx, j.ID, []string{"cat"}, 40) })
	for _, c := range []struct {
		what       string
		change     func()
		here, away bool
	}{
		{"it is pinned", func() {}, true, false},
		{"it may start sooner", func() { j.Pinned = false }, true, true},
		{"it is exact", func() { j.Sooner = false }, true, false},
		{"it is delayed", func() { j.Delay = &job.Delay{Kind: job.Overdue} }, true, true},
		{"it runs", func() { j.StartProcessing() }, true, false},
		{"it is to be cancelled", func() { _ = j.Cancel(1100) }, false, false},
		{"it has ended", func() { j.EndCancelled(1200) }, false, false},
	} {
		c.change()
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
		here, err := s.AssetAwaited(t.Context(), "cat", "gpu")
		away, failed := s.AssetAwaited(t.Context(), "cat", "other")
		if here != c.here || away != c.away || err != nil || failed != nil {
			t.Errorf("%s: awaited on its worker %v, elsewhere %v; %v, %v", c.what, here, away, err, failed)
		}
	}
	if awaited, err := s.AssetAwaited(t.Context(), "dog", "gpu"); awaited || err != nil {
		t.Errorf("one that no job takes: %v, %v", awaited, err)
	}
}

func (s *suite) forget() (ids []string) {
	s.Helper()
	s.update(func(ctx context.Context, tx store.Tx) (err error) {
		ids, err = tx.ForgetAssets(ctx, 9)
		return err
	})
	slices.Sort(ids)
	return ids
}

func takenAssets(t *testing.T, s *suite) {
	ada, bob := s.user(), s.user()
	s.own("cat", "image", 10, ada)
	s.own("dog", "image", 10, bob)
	s.own("graph", "workflow", 10, ada)
	j := booking(ada, "gpu", 1000, 500)
	s.insert(j)
	set := func(ids ...string) error {
		return s.try(func(ctx context.Context, tx store.Tx) error { return tx.SetJobAssets(ctx, j.ID, ids, 40) })
	}
	if err := set("cat", "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	if err := errors.Join(set("dog"), set("dog", "cat")); err != nil {
		t.Fatal(err)
	}
	taker := func(id, user string) (jobID string) {
		s.update(func(ctx context.Context, tx store.Tx) (err error) {
			if jobID, err = tx.AssetJob(ctx, id, user); errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return err
		})
		return jobID
	}
	if taker("cat", "") != j.ID || taker("dog", ada.ID) != j.ID || taker("dog", bob.ID) != "" || taker("graph", "") != "" {
		t.Error("the job that takes them is not told")
	}
	if users, err := s.AssetTakers(t.Context(), "dog"); !slices.Equal(users, []string{ada.ID}) || err != nil {
		t.Errorf("taken by %v, %v", users, err)
	}
	if a, _ := s.OwnedAsset(t.Context(), "dog", bob.ID); a.UsedAt != 40 {
		t.Errorf("used at %d", a.UsedAt)
	}
	unused := func(q store.UnusedAssets) {
		q.Limit = 9
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.DisownUnused(ctx, q) })
	}
	unused(store.UnusedAssets{Kind: "workflow", Before: 10})
	unused(store.UnusedAssets{Kind: "workflow", Others: true, Before: 10_000})
	if got := s.forget(); len(got) != 0 {
		t.Errorf("forgotten: %v", got)
	}
	unused(store.UnusedAssets{Kind: "workflow", Before: 11})
	if got := s.forget(); !slices.Equal(got, []string{"graph"}) {
		t.Errorf("forgotten: %v", got)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.DisownAsset(ctx, "cat", ada.ID) })
	if got := s.forget(); len(got) != 0 {
		t.Errorf("forgotten although the job takes it: %v", got)
	}
	j.StartProcessing()
	j.Posted(1000, "")
	j.Complete(2000, []job.Result{{Filename: "a.png", Kind: job.Image}})
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	unused(store.UnusedAssets{Kind: "workflow", Others: true, Before: 1999}) // the job ended later
	if got := s.forget(); !slices.Equal(got, []string{"cat"}) {
		t.Errorf("forgotten: %v", got)
	}
	unused(store.UnusedAssets{Kind: "workflow", Others: true, Before: 2001})
	if got := s.forget(); !slices.Equal(got, []string{"dog"}) {
		t.Errorf("forgotten: %v", got)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		ids, err := tx.JobAssets(ctx, j.ID)
		if len(ids) != 0 {
			t.Errorf("the job takes %v", ids)
		}
		return err
	})
}
