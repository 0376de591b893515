package config

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
)

// Load reads and checks the file. The error is *Problems and holds everything that is wrong; nothing is written.
func Load(file string) (*Config, error) {
	problems := &Problems{File: file}
	data, err := os.ReadFile(file)
	if err != nil {
		problems.add("", "cannot be read: %v", reason(err))
		return nil, problems
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // editors on Windows put it there
	checkStructure(data, problems)
	if err := problems.orNil(); err != nil {
		return nil, err
	}
	c := defaults()
	if err := json.Unmarshal(data, &c); err != nil {
		problems.add("", "%v", err)
		return nil, problems
	}
	c.readWorkers(data, problems)
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("find the folder of %s: %w", file, err)
	}
	c.resolvePaths(filepath.ToSlash(filepath.Dir(absolute)), runtime.GOOS == "windows")
	c.check(problems)
	if err := problems.orNil(); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *Config) resolvePaths(base string, windows bool) {
	c.Server.DataDir = resolve(base, c.Server.DataDir, windows)
	if c.Server.TLS.CertFile != "" {
		c.Server.TLS.CertFile = resolve(base, c.Server.TLS.CertFile, windows)
		c.Server.TLS.KeyFile = resolve(base, c.Server.TLS.KeyFile, windows)
	}
	if c.Workflows.PartnerAPIKeyFile != "" {
		c.Workflows.PartnerAPIKeyFile = resolve(base, c.Workflows.PartnerAPIKeyFile, windows)
	}
	c.Workflows.Folder = resolve(base, c.Workflows.Folder, windows)
	c.Workflow.TemplateFile = resolve(base, c.Workflow.TemplateFile, windows)
	name := path.Base(c.Workflow.TemplateFile)
	name = strings.TrimSuffix(name, path.Ext(name))
	if c.Workflow.ID = strings.TrimSuffix(name, "_api"); c.Workflow.ID == "" {
		c.Workflow.ID = "workflow" // of a file without a name of its own, such as "_api.json"
	}
	if c.Workflow.Title == "" {
		words := strings.ReplaceAll(c.Workflow.ID, "_", " ")
		first, size := utf8.DecodeRuneInString(words)
		c.Workflow.Title = string(unicode.ToUpper(first)) + words[size:]
	}
	c.ComfyUI.resolvePaths(base, c.Server.DataDir, windows)
	for i := range c.Workers {
		data := c.Server.DataDir
		if i > 0 { // the first is where it is when there is no other
			data += "/workers/" + c.Workers[i].ID
		}
		c.Workers[i].ComfyUI.resolvePaths(base, data, windows)
	}
	c.keepApart()
}

// resolvePaths makes the paths absolute. data is for what a simulated one writes.
func (comfy *ComfyUI) resolvePaths(base, data string, windows bool) {
	if comfy.TokenFile != "" {
		comfy.TokenFile = resolve(base, comfy.TokenFile, windows)
	}
	for i, folder := range comfy.OutputLinks {
		comfy.OutputLinks[i] = resolve(base, folder, windows)
	}
	switch comfy.Installation {
	case Simulated:
		if comfy.RootPath == "" {
			comfy.RootPath = data + "/simulated"
		}
	case Portable:
		if comfy.Python == "" {
			comfy.Python = "../python_embeded/python.exe"
		}
	case Local:
		if comfy.Python == "" {
			comfy.Python = "python3"
		}
	}
	if comfy.RootPath == "" {
		if comfy.Installation != Remote || !isAbsolute(comfy.OutputDir) {
			comfy.OutputDir = "" // a remote one's files come through its interface
		}
		return
	}
	comfy.RootPath = resolve(base, comfy.RootPath, windows)
	comfy.OutputDir = resolve(comfy.RootPath, comfy.OutputDir, windows)
	if comfy.Python != "" {
		comfy.Python = resolveExecutable(comfy.RootPath, comfy.Python, windows)
	}
}

func (c *Config) check(problems *Problems) {
	c.checkWorkers(problems)
	if info, err := os.Stat(c.Server.DataDir); err == nil && !info.IsDir() {
		problems.add("server.data_dir", "%s is a file; name a folder", c.Server.DataDir)
	}
	if pair := c.Server.TLS; pair.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(pair.CertFile, pair.KeyFile); err != nil {
			problems.add("server.tls", "%v; name a certificate and its private key, both as PEM", err)
		}
	}
	c.checkProxies(problems)
	c.Workflows.readPartnerKey(problems)
	if info, err := os.Stat(c.Workflows.Folder); err == nil && !info.IsDir() {
		problems.add("workflows.folder", "%s is a file; name a folder", c.Workflows.Folder)
	}
	c.checkWorkflow(problems)
}

// checkComfyUI checks one ComfyUI, which is found at a place in the file.
func (c *Config) checkComfyUI(at string, comfy *ComfyUI, problems *Problems) {
	if comfy.Installation == Portable || comfy.Installation == Local {
		comfy.checkInstallation(at, problems)
	}
	if comfy.Installation == Remote && comfy.RootPath != "" && !isFolder(comfy.OutputDir) {
		problems.add(at+".output_dir",
			"there is no folder %s; leave root_path out to fetch results through ComfyUI's interface", comfy.OutputDir)
	}
	for _, folder := range comfy.OutputLinks {
		switch {
		case path.Dir(folder) == folder || len(folder) == 2 && isWindowsPath(folder+"/"):
			problems.add(at+".output_links", "%s is a whole file system; name the folder that links in the output folder lead to", folder)
		case !isFolder(folder):
			problems.add(at+".output_links", "there is no folder %s; name one that links in the output folder lead to", folder)
		case comfy.OutputDir == "":
			problems.add(at+".output_links", "the output folder of this ComfyUI is not read here; leave output_links out")
		}
	}
	comfy.readToken(at, problems)
	for _, argument := range comfy.ExtraArgs {
		name, _, _ := strings.Cut(argument, "=")
		if key, ours := serviceArguments[name]; ours {
			problems.add(at+".extra_args", "%s is given by the service; set %s instead", name, key)
		}
	}
	if comfy.Port == c.Server.Port && comfy.Installation != Remote {
		problems.add(at+".api_port", "%d is the service's own port (server.port); give ComfyUI another one", comfy.Port)
	}
}

func (comfy *ComfyUI) checkInstallation(at string, problems *Problems) {
	switch {
	case comfy.RootPath == "":
		problems.add(at+".root_path", "missing; name ComfyUI's folder, the one with main.py")
		return
	case !isFolder(comfy.RootPath):
		problems.add(at+".root_path", "there is no folder %s; name ComfyUI's folder, the one with main.py", comfy.RootPath)
	case !isFile(comfy.RootPath + "/main.py"):
		problems.add(at+".root_path", "there is no main.py in %s; name ComfyUI's own folder%s", comfy.RootPath, nested(comfy.RootPath))
	}
	if isAbsolute(comfy.Python) {
		if !isFile(comfy.Python) {
			problems.add(at+".python_executable", "there is no file %s; name the Python that runs ComfyUI", comfy.Python)
		}
	} else if _, err := exec.LookPath(comfy.Python); err != nil {
		problems.add(at+".python_executable", "there is no program %q on PATH; give its path, relative to root_path when it starts with a dot",
			comfy.Python)
	}
}

// checkWorkflow reads the workflow's file and holds it against the parameter map. What the editor's format becomes shows when a
// ComfyUI has told its classes.
func (c *Config) checkWorkflow(problems *Problems) {
	w := &c.Workflow
	file, err := os.Open(w.TemplateFile)
	if err != nil {
		problems.add("workflow.template_file", "%s: %v", w.TemplateFile, reason(err))
		return
	}
	defer func() { _ = file.Close() }()
	content, err := graphfile.Read(file)
	if err != nil {
		for line := range strings.SplitSeq(reason(err).Error(), "\n") {
			problems.add("workflow.template_file", "%s: %s", w.TemplateFile, line)
		}
		return
	}
	if content.API == nil || w.ParameterMap == nil {
		return
	}
	if _, err := form.Explicit(content.API, w.Bindings()); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			place, text, _ := strings.Cut(line, ": ")
			problems.add("workflow."+place, "%s", text)
		}
	}
}

// serviceArguments are those that the service gives ComfyUI itself, and the keys they come from.
var serviceArguments = map[string]string{
	"--listen":           "comfy_ui.api_host",
	"--port":             "comfy_ui.api_port",
	"--output-directory": "comfy_ui.output_dir",
}

// nested helps who named the folder above ComfyUI's own, as the portable build's layout invites to.
func nested(root string) string {
	if isFile(root + "/ComfyUI/main.py") {
		return ", which is " + root + "/ComfyUI"
	}
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// reason is the cause of a file error without the path, which the message names already.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
