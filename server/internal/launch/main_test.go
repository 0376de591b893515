package launch_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
)

func TestMain(m *testing.M) { fleettest.Main(m) }
