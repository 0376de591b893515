package sqlite_test

import (
	"path/filepath"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
)

func TestShortages(t *testing.T) {
	disk := installDisk(t)
	disk.restart(fault{})
	from := func(code int32) func() {
		return func() { disk.breaks(fault{writing, 1, 1 << 30, code}) }
	}
	end := func() { disk.heal() }
	storetest.RunShort(t, func(t *testing.T, folder string) store.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	},
		storetest.Shortage{Name: "full disk", Error: store.ErrFull, Begin: from(sqlite3.SQLITE_FULL), End: end},
		storetest.Shortage{Name: "no memory", Error: store.ErrUnavailable, Begin: from(sqlite3.SQLITE_IOERR_NOMEM), End: end})
}
