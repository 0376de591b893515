package factory

import (
	"runtime/debug"
)

// Version is the released version; the linker sets it (-X .../factory.Version=v1.2.3).
var Version = ""

// VersionText is the version to show: the released one, else the commit the program was built from, else "dev".
func VersionText() string {
	if Version != "" {
		return Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "dev-" + s.Value[:12]
		}
	}
	return "dev"
}
