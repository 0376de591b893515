//go:build windows

package process

import (
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup keeps a Ctrl-C to the service from the program, and its console window away.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW}
}

// interrupt does nothing: ComfyUI on Windows installs no handler for the only signal that could reach it.
func interrupt(ID) {}

// kill ends the process with its children, which Windows does not do by itself.
func kill(id ID) {
	if !alive(id) {
		return
	}
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(id.PID)).Run() // it may have ended meanwhile
}

// leadsGroup is true: there are no groups of processes here.
func leadsGroup(int) bool { return true }
