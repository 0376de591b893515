package config

import (
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
)

// Uploads bounds the files that people hand in.
type Uploads struct {
	MaxBytes int64 `json:"max_bytes"` // of one file
	Quota    int64 `json:"quota"`     // bytes of one user; 0: no limit
	Keep     int   `json:"keep"`      // days since the last use
}

// Limits are those of the assets.
func (u Uploads) Limits() assets.Limits {
	return assets.Limits{MaxBytes: u.MaxBytes, Quota: u.Quota, Keep: time.Duration(u.Keep) * 24 * time.Hour}
}
