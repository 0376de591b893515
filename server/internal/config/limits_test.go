package config_test

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

func TestLimitsFollowWhoReachesTheService(t *testing.T) {
	open := account.Limits{Tokens: 20, DaysAhead: 366, StreamsPerUser: 20, StreamsPerAddress: 100}
	limited := func(bookings, calls int) account.Limits {
		limits := open
		limits.OpenBookings, limits.RequestsPerSecond = bookings, calls
		return limits
	}
	bounded := limited(50, 20)
	for name, tc := range map[string]struct {
		server string
		limits string
		want   account.Limits
	}{
		"loopback":                  {`{"host": "localhost"}`, `{}`, open},
		"another loopback":          {`{"host": "127.0.0.2"}`, `{}`, open},
		"a wider address":           {`{"host": "0.0.0.0"}`, `{}`, bounded},
		"a name":                    {`{"host": "gpu.lan"}`, `{}`, bounded},
		"behind a proxy":            {`{"trusted_proxies": ["127.0.0.1"]}`, `{}`, bounded},
		"under a public name":       {`{"public_url": "https://gpu.example.org"}`, `{}`, bounded},
		"a public name on loopback": {`{"public_url": "http://localhost:8080"}`, `{}`, open},
		"set on loopback":           {`{}`, `{"open_bookings": 7}`, limited(7, 0)},
		"of GPU time": {
			`{}`, `{"max_slot": "10m", "open_minutes": 30, "minutes_per_day": 120}`,
			account.Limits{
				Tokens:            20,
				DaysAhead:         366,
				StreamsPerUser:    20,
				StreamsPerAddress: 100,
				MaxSlot:           600_000,
				OpenTime:          1_800_000,
				DayTime:           7_200_000,
			},
		},
		"taken away where all reach": {`{"host": "::"}`, `{"open_bookings": 0}`, limited(0, 20)},
	} {
		file := write(t, strings.Replace(with(`{"installation_type": "simulated"}`), "{", `{"server": `+tc.server+`, "limits": `+tc.limits+`, `,
			1))
		c, err := config.Load(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := c.UserLimits(); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
