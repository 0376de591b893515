package config

import (
	"path"
	"strings"
)

// resolve makes a path as written absolute: relative to base, unless it is absolute already. Windows paths are
// recognised as absolute on every system; backslashes separate folders on Windows and below a Windows base.
func resolve(base, written string, windows bool) string {
	if isWindowsPath(written) || isWindowsPath(base) || windows {
		written = strings.ReplaceAll(written, `\`, "/")
		base = strings.ReplaceAll(base, `\`, "/")
	}
	if isAbsolute(written) {
		return clean(written)
	}
	return clean(base + "/" + written)
}

// resolveExecutable does the same for a program: one that starts with a dot is relative to base, a bare name stays bare
// and is looked up on PATH.
func resolveExecutable(base, written string, windows bool) string {
	if strings.HasPrefix(written, ".") || isAbsolute(written) {
		return resolve(base, written, windows)
	}
	return written
}

func isAbsolute(p string) bool {
	return strings.HasPrefix(p, "/") || isWindowsPath(p)
}

// isWindowsPath recognises "C:\x", "C:/x" and "\\server\share".
func isWindowsPath(p string) bool {
	if strings.HasPrefix(p, `\\`) {
		return true
	}
	if len(p) < 3 || p[1] != ':' || (p[2] != '/' && p[2] != '\\') {
		return false
	}
	letter := p[0] | 0x20
	return 'a' <= letter && letter <= 'z'
}

// clean is path.Clean that keeps the two slashes of a Windows share.
func clean(p string) string {
	if strings.HasPrefix(p, "//") {
		return "/" + path.Clean(p[1:])
	}
	return path.Clean(p)
}
