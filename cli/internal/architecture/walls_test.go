// Package architecture holds which packages of the CLI may import which: walls.txt is the table.
package architecture_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/tools/walls"
)

const root = "../../.."

func TestImportsAreThoseOfTheTable(t *testing.T) {
	table, err := walls.ReadTable("walls.txt")
	if err != nil {
		t.Fatal(err)
	}
	problems, err := walls.Check(root, "cli", table)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}
