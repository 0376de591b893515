//go:build !windows

package term

import (
	"os"
)

// enableEscapes has nothing to do here: these terminals read escape sequences always.
func enableEscapes(*os.File) {}
