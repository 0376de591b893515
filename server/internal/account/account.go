// Package account holds who uses the service, how they are proved, and who may see what. It is pure values.
package account

// User is somebody who books. The zero User is somebody who has not signed in.
type User struct {
	ID            string // lower-case UUID
	Name          string // unique, also to the eye
	Administrator bool
	CreatedAt     int64
}

// Actor is a user who does something, and from where. The zero Actor is the service itself.
type Actor struct {
	User
	Address   string
	RequestID string // made by the client for what the user asks; empty: it made none
}

// Token is a secret that proves a user. Only its hash is kept.
type Token struct {
	ID         string
	UserID     string
	Hash       [32]byte
	ClientName string
	CreatedAt  int64
	LastUsed   int64 // 0: never
}

// Account is a user with what is known of its tokens.
type Account struct {
	User
	Tokens   int   // that are not revoked
	LastUsed int64 // of any of them
}

// Invitation lets people become users. Only its code's hash is kept.
type Invitation struct {
	ID            string
	Hash          [32]byte
	Note          string
	CreatedBy     string // user
	CreatedByName string // filled in when read
	CreatedAt     int64
	ExpiresAt     int64
	MaxUses       int
	Uses          int
}

// IsGood reports whether somebody may become a user by it at a moment, if it is not revoked.
func (i Invitation) IsGood(now int64) bool { return i.ExpiresAt > now && i.Uses < i.MaxUses }
