package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes makes a Windows console read escape sequences; older ones do not by themselves.
func enableEscapes(f *os.File) {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) == nil {
		_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
}
