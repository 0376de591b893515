package config

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// apart says where a ComfyUI keeps what it must not share with another that is started from the same folder. Empty ones are
// where ComfyUI has them by itself. What people give it, its input folder, is shared.
type apart struct {
	UserDir  string `json:"-"`
	TempDir  string `json:"-"` // ComfyUI empties the folder "temp" in it
	Database string `json:"-"` // file
}

// keepApart gives workers that are started from one folder places of their own. The first of them keeps the folder's, so that what
// it has made and what people have set is found again when another worker is added.
func (c *Config) keepApart() {
	outputs := make([]string, len(c.Workers))
	for i := range c.Workers {
		outputs[i] = samePlace(c.Workers[i].ComfyUI.OutputDir)
	}
	for i := range c.Workers {
		w := &c.Workers[i]
		if !w.ComfyUI.IsLaunched() {
			continue
		}
		before := c.Workers[:i]
		if !w.ownOutput && slices.Contains(outputs[:i], outputs[i]) {
			w.ComfyUI.OutputDir += "/" + w.ID
		}
		shares := func(folder func(*ComfyUI) string) bool {
			own := samePlace(folder(&w.ComfyUI))
			return slices.ContainsFunc(before, func(b Worker) bool { return own != "" && samePlace(folder(&b.ComfyUI)) == own })
		}
		folder := c.Server.DataDir + "/workers/" + w.ID + "/own"
		if shares((*ComfyUI).base) {
			w.ComfyUI.UserDir, w.ComfyUI.TempDir = folder+"/user", folder
		}
		if shares(func(comfy *ComfyUI) string { return comfy.RootPath }) && w.ComfyUI.Installation != Simulated {
			w.ComfyUI.Database = folder + "/comfyui.db"
		}
		w.ComfyUI.heedArguments()
	}
}

// heedArguments leaves to ComfyUI what its arguments say.
func (comfy *ComfyUI) heedArguments() {
	for name, given := range map[string]*string{
		"--user-directory": &comfy.UserDir,
		"--temp-directory": &comfy.TempDir,
		"--database-url":   &comfy.Database,
	} {
		if comfy.argument(name) != "" {
			*given = ""
		}
	}
}

// base is the folder below which a ComfyUI has its own folders.
func (comfy *ComfyUI) base() string {
	if base := comfy.argument("--base-directory"); base != "" {
		return resolve(comfy.RootPath, base, runtime.GOOS == "windows")
	}
	return comfy.RootPath
}

// userDir is the folder of what people set in a ComfyUI that is started; tempDir the one below which it has its temporary files.
func (comfy *ComfyUI) userDir() string {
	return comfy.folder("--user-directory", comfy.UserDir, "/user")
}

func (comfy *ComfyUI) tempDir() string { return comfy.folder("--temp-directory", comfy.TempDir, "") }

// folder is the one that an argument names, else the one that the service gives, else the one below the base.
func (comfy *ComfyUI) folder(argument, given, below string) string {
	if named := comfy.argument(argument); named != "" {
		return resolve(comfy.RootPath, named, runtime.GOOS == "windows")
	}
	if given != "" {
		return given
	}
	return comfy.base() + below
}

// argument is the value of one of the further arguments; empty: it is not given.
func (comfy *ComfyUI) argument(name string) string {
	for i, argument := range comfy.ExtraArgs {
		if value, is := strings.CutPrefix(argument, name+"="); is {
			return value
		}
		if argument == name && i+1 < len(comfy.ExtraArgs) {
			return comfy.ExtraArgs[i+1]
		}
	}
	return ""
}

// samePlace is a path as it can be compared: links are followed where there are any, and Windows does not tell cases apart.
func samePlace(path string) string {
	if path == "" {
		return ""
	}
	rest := ""
	for at := filepath.FromSlash(path); ; at = filepath.Dir(at) { // the last parts may have to be made yet
		if found, err := filepath.EvalSymlinks(at); err == nil {
			path = filepath.ToSlash(filepath.Join(found, rest))
			break
		}
		if filepath.Dir(at) == at {
			break
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
	if runtime.GOOS == "windows" {
		path = strings.ToLower(path)
	}
	return path
}
