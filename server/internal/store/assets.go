package store

import "context"

// Asset is a file that users handed in. Its content is kept beside the store, once for all its owners.
type Asset struct {
	ID        string // hash of the content
	Kind      string // that of form.FileKind
	MediaType string
	Size      int64 // bytes
	Width     int   // pixels; 0: not known, as the following
	Height    int
	Duration  int64 // milliseconds
	Animated  bool
}

// OwnedAsset is an asset as one of its owners has it.
type OwnedAsset struct {
	Asset
	Owner     string // a user's id
	Name      string // for people; may be empty
	CreatedAt int64
	UsedAt    int64
}

// Assets reads assets.
type Assets interface {
	// Asset reads one; ErrNotFound.
	Asset(ctx context.Context, id string) (Asset, error)
	// OwnedAsset reads one of a user's; ErrNotFound.
	OwnedAsset(ctx context.Context, id, userID string) (OwnedAsset, error)
	// OwnedAssets reads a user's, used last first, of some kinds or of all when none is named, those after a place in that order.
	OwnedAssets(ctx context.Context, userID string, kinds []string, after *Cursor, limit int) ([]OwnedAsset, error)
	// AssetBytes counts the bytes of all assets of a user.
	AssetBytes(ctx context.Context, userID string) (int64, error)
	// AssetTakers reads the users who have jobs that take an asset.
	AssetTakers(ctx context.Context, id string) (userIDs []string, err error)
	// AssetAwaited reports whether an active job is still to take an asset on a worker: one of the worker's that is not to be cancelled,
	// or one that waits elsewhere and may come to it, since nobody has pinned it and it may start sooner or is delayed.
	AssetAwaited(ctx context.Context, id, worker string) (bool, error)
}

// AssetsTx reads and writes assets.
type AssetsTx interface {
	// Asset reads one; ErrNotFound.
	Asset(ctx context.Context, id string) (Asset, error)
	// OwnedAsset reads one of a user's; ErrNotFound.
	OwnedAsset(ctx context.Context, id, userID string) (OwnedAsset, error)
	// AssetBytes counts the bytes of all assets of a user.
	AssetBytes(ctx context.Context, userID string) (int64, error)
	// PutAsset makes a user an owner of an asset, or notes that an owner used it again, by another name if it has one;
	// ErrUserDeleted.
	PutAsset(ctx context.Context, a OwnedAsset) error
	// JobAssets reads the assets that a job takes, by id.
	JobAssets(ctx context.Context, jobID string) (ids []string, err error)
	// SetJobAssets says which assets a job takes, instead of those that it took, and that they are used now; ErrNotFound when one of
	// them is not there. While the job is active they are not forgotten.
	SetJobAssets(ctx context.Context, jobID string, ids []string, now int64) error
	// AssetJob reads an active job of a user, of anybody when no user is named, that takes an asset; ErrNotFound.
	AssetJob(ctx context.Context, id, userID string) (jobID string, err error)
	// DisownAsset takes an asset from a user; ErrNotFound.
	DisownAsset(ctx context.Context, id, userID string) error
	// DisownUnused takes those assets from their owners, limit at most, that were used before a moment and that no job takes which is
	// active or ended since then.
	DisownUnused(ctx context.Context, q UnusedAssets) error
	// ForgetAssets forgets assets that have no owner and that no active job takes, limit at most, and returns their ids. Jobs that
	// have ended do not take them any more.
	ForgetAssets(ctx context.Context, limit int) (ids []string, err error)
}

// UnusedAssets says which assets are taken from their owners: those of a kind, or of all others.
type UnusedAssets struct {
	Kind   string
	Others bool
	Before int64
	Limit  int
}
