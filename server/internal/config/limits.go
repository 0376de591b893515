package config

import (
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
)

// Access decides who may do and see what.
type Access struct {
	Mode          account.Mode `json:"mode"`
	PrivateJobs   bool         `json:"private_jobs"`
	JobFilesOnly  bool         `json:"job_files_only"`
	ShowAddresses *bool        `json:"show_addresses"` // nil: in open mode
	TokenUnused   int          `json:"token_unused_days"`
}

// TokenLife gives the time after which a token that is not used is worthless; 0 stands for never.
func (a Access) TokenLife() time.Duration { return time.Duration(a.TokenUnused) * 24 * time.Hour }

// Policy gives what is open to whom. Where jobs are private, files that no job wrote may be somebody's too.
func (c *Config) Policy() account.Policy {
	a := c.Access
	addresses := a.Mode == account.Open
	if a.ShowAddresses != nil {
		addresses = *a.ShowAddresses
	}
	return account.Policy{
		Mode:        a.Mode,
		PrivateJobs: a.PrivateJobs,
		JobFiles:    a.JobFilesOnly || a.PrivateJobs,
		Addresses:   addresses,
		Importers:   c.Workflows.WhoMayImport,
	}
}

// Limits bound what one user may do; 0 stands for no limit, nil for the default.
type Limits struct {
	OpenBookings      *int     `json:"open_bookings"`
	DaysAhead         int      `json:"days_ahead"`
	MaxSlot           Duration `json:"max_slot"`
	OpenMinutes       int      `json:"open_minutes"`
	MinutesPerDay     int      `json:"minutes_per_day"`
	RequestsPerSecond *int     `json:"requests_per_second"`
	Tokens            int      `json:"tokens"`
	StreamsPerUser    int      `json:"streams_per_user"`
	StreamsPerAddress int      `json:"streams_per_address"`
}

// What one user may do where others than users of this machine reach the service.
const (
	exposedBookings = 50
	exposedCalls    = 20
)

// UserLimits are those of the use cases: none that was not set where only users of this machine reach the service.
func (c *Config) UserLimits() account.Limits {
	limit := func(set *int, exposed int) int {
		switch {
		case set != nil:
			return *set
		case c.Server.IsExposed():
			return exposed
		}
		return 0
	}
	return account.Limits{
		OpenBookings:      limit(c.Limits.OpenBookings, exposedBookings),
		RequestsPerSecond: limit(c.Limits.RequestsPerSecond, exposedCalls),
		DaysAhead:         c.Limits.DaysAhead,
		MaxSlot:           time.Duration(c.Limits.MaxSlot).Milliseconds(),
		OpenTime:          (time.Duration(c.Limits.OpenMinutes) * time.Minute).Milliseconds(),
		DayTime:           (time.Duration(c.Limits.MinutesPerDay) * time.Minute).Milliseconds(),
		Tokens:            c.Limits.Tokens,
		StreamsPerUser:    c.Limits.StreamsPerUser,
		StreamsPerAddress: c.Limits.StreamsPerAddress,
	}
}
