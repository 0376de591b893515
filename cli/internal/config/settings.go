// Package config knows servers: how their addresses are written and dialled, the names that people gave them, and the tokens
// for them, kept in a file in the user's configuration directory.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Settings are the content of the file.
type Settings struct {
	// DefaultServer is the address, or the name in Servers, that is used when nothing else says which.
	DefaultServer string `json:"default_server,omitempty"`
	// Servers are addresses by the names people gave them.
	Servers map[string]string `json:"servers,omitempty"`
	// Tokens are secrets by server address, as address.Address writes it.
	Tokens map[string]string `json:"tokens,omitempty"`
}

// File is the settings file. Several processes may use it at once.
type File struct {
	// Path names the file, which need not exist yet. Without one the settings are empty and stay so.
	Path string
}

// errNoPlace says why settings cannot be written.
var errNoPlace = errors.New("no place for the settings: set HOME, or COMFYSCHED_CONFIG_DIR, or give a token by COMFYSCHED_TOKEN")

// DefaultFile is the file in its usual place: COMFYSCHED_CONFIG_DIR, else the folder comfysched in the user's configuration
// directory. A user without such a directory has no place.
func DefaultFile() *File {
	dir := os.Getenv("COMFYSCHED_CONFIG_DIR")
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return &File{}
		}
		dir = filepath.Join(base, "comfysched")
	}
	return &File{Path: filepath.Join(dir, "config.json")}
}

// Load reads the file; one that does not exist is empty settings.
func (f *File) Load() (Settings, error) {
	if f.Path == "" {
		return Settings{}, nil
	}
	raw, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	if err := json.Unmarshal(raw, &s); err != nil {
		return Settings{}, fmt.Errorf("%s is not valid JSON (%w); correct or remove it", f.Path, err)
	}
	return s, nil
}

// Update changes the file: it is read, changed and replaced as a whole while other processes wait. When change fails
// nothing is written. The file is for its owner only, because it holds secrets.
func (f *File) Update(change func(*Settings) error) error {
	if f.Path == "" {
		return errNoPlace
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	unlock, err := lockedfile.MutexAt(f.Path + ".lock").Lock()
	if err != nil {
		return err
	}
	defer unlock()
	s, err := f.Load()
	if err != nil {
		return err
	}
	if err := change(&s); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replace(f.Path, append(raw, '\n'))
}

// replace writes a new file beside the old one and puts it in its place in one step.
func replace(path string, content []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config-*.json") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(content); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Token is the token kept for a server address; empty when there is none.
func (s *Settings) Token(address string) string { return s.Tokens[address] }

// SetToken keeps a token for a server address, or forgets it when empty.
func (s *Settings) SetToken(address, token string) {
	if token == "" {
		delete(s.Tokens, address)
		return
	}
	if s.Tokens == nil {
		s.Tokens = map[string]string{}
	}
	s.Tokens[address] = token
}

// SetServer gives a server address a name.
func (s *Settings) SetServer(name, address string) {
	if s.Servers == nil {
		s.Servers = map[string]string{}
	}
	s.Servers[name] = address
}
