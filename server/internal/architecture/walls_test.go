// Package architecture holds which packages of the server may import which, by the table in walls.txt, and which modules of
// others are told in docs/licences.md.
package architecture_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/tools/walls"
)

const (
	root   = "../../.."
	module = "github.com/comfyscheduler/comfyscheduler/"
)

func TestImportsAreThoseOfTheTable(t *testing.T) {
	table, err := walls.ReadTable("walls.txt")
	if err != nil {
		t.Fatal(err)
	}
	problems, err := walls.Check(root, "server", table)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}
