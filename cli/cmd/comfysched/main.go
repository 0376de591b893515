// Command comfysched books time slots on a shared ComfyUI from a terminal or a script.
package main

import (
	"os"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
)

func main() {
	os.Exit(root.Main())
}
