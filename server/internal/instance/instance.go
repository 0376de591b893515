// Package instance tells a data folder from its copies. What a service has left running belongs to the folder that it was
// started for: a copy of the folder, or a backup that was restored elsewhere, must not touch it.
package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// FileName is the file in the data folder that holds who the folder is. It is part of no backup.
const FileName = "instance.json"

// Instance is one data folder.
type Instance struct {
	ID string // of no other folder
	// CopyOf names the instance that the folder was copied from, when this start has found that out; empty otherwise.
	CopyOf string
}

// identity is the content of the file: who the folder is, and where on which disk the file was written. A copy of the file
// lies elsewhere. A folder that was renamed keeps the place on the disk, one whose disk has another number after a restart
// of the machine keeps its path; so one of the two has to be the same, beside the file's own number.
type identity struct {
	ID     string `json:"id"`
	Folder string `json:"folder"`
	Device uint64 `json:"device"`
	File   uint64 `json:"file"`
}

// Open recognises the folder, which must exist. A new one, and a copy, becomes an instance of its own.
func Open(dir string) (Instance, error) {
	folder, err := filepath.Abs(dir)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return Instance{}, fmt.Errorf("find the data folder: %w", err)
	}
	written, actual, err := read(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return create(folder, "")
	case err != nil:
		return Instance{}, err
	case written.ID == "" || actual.File != written.File || (actual.Device != written.Device && actual.Folder != written.Folder):
		return create(folder, written.Folder)
	}
	if actual.ID = written.ID; actual != written {
		// It was moved. If that cannot be noted now, it is recognised by the rest next time too.
		_ = write(actual.ID, folder)
	}
	return Instance{ID: written.ID}, nil
}

// read gives what the file says and what is so.
func read(folder string) (written, actual identity, err error) {
	file, err := os.Open(filepath.Join(folder, FileName))
	if err != nil {
		return written, actual, err
	}
	defer func() { _ = file.Close() }()
	if actual.Device, actual.File, err = fileIdentity(file); err != nil {
		return written, actual, fmt.Errorf("find the place of %s: %w", file.Name(), err)
	}
	actual.Folder = folder
	if err := json.NewDecoder(file).Decode(&written); err != nil {
		return written, actual, fmt.Errorf("%s is damaged (%w): delete it if the folder is a copy or was restored from one", file.Name(), err)
	}
	return written, actual, nil
}

func create(folder, copyOf string) (Instance, error) {
	id := uuid.NewString()
	if err := write(id, folder); err != nil {
		return Instance{}, fmt.Errorf("note which data folder this is: %w", err)
	}
	return Instance{ID: id, CopyOf: copyOf}, nil
}

// write replaces the file as a whole: one that was half written would make a stranger of the folder.
func write(id, folder string) (err error) {
	file, err := os.CreateTemp(folder, FileName+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	i := identity{ID: id, Folder: folder}
	i.Device, i.File, err = fileIdentity(file)
	if err == nil {
		err = json.NewEncoder(file).Encode(i)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(folder, FileName))
}
