package library_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// A ComfyUI elsewhere tells what lies in its input folder, and its nodes what they offer of the folders in it.
func TestFilesOfAnInputFolderElsewhere(t *testing.T) {
	m := openMenu(t)
	m.write("first_api.json", `{"1": {"class_type": "LoadImage", "inputs": {"image": "old.png"}}}`)
	s := m.Stock("gpu", library.StockConfig{
		ComfyUI: loader{"old.png", "animals/fox.png"},
		InputFiles: func(context.Context) ([]string, error) {
			return []string{"new.png", "cat.jpg", "song.mp3"}, nil
		},
		Notice:     func(string, string) {},
		Edited:     func(string) {},
		RetryEvery: time.Hour,
	})
	if err := s.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := func(want ...string) {
		t.Helper()
		d, err := m.Detail("first")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d.Offer.Form.Inputs[0].Choices); diff != "" {
			t.Error(diff)
		}
	}
	files("cat.jpg", "new.png", "animals/fox.png")
}

// loader is a ComfyUI that has pictures only.
type loader []string

func (l loader) ObjectInfo(context.Context) ([]byte, error) {
	offered, err := json.Marshal([]string(l))
	return fmt.Appendf(nil, `{"LoadImage": {"output": ["IMAGE"], "output_node": true,
		"input": {"required": {"image": [%s, {"image_upload": true}]}}}}`, offered), err
}

// What lies in the input folder is told as it is when somebody asks, folders included.
func TestFilesOfTheInputFolder(t *testing.T) {
	m := openMenu(t)
	m.write("first_api.json", `{"1": {"class_type": "LoadImage", "inputs": {"image": "old.png"}}}`)
	folder := t.TempDir()
	put := func(name string) {
		t.Helper()
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := m.Stock("gpu", library.StockConfig{
		ComfyUI:    loader{"old.png"},
		Notice:     func(string, string) {},
		Edited:     func(string) {},
		InputDir:   folder,
		RetryEvery: time.Hour,
	})
	if err := s.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := func() []string {
		d, err := m.Detail("first")
		if err != nil {
			t.Fatal(err)
		}
		return d.Offer.Form.Inputs[0].Choices
	}
	for _, name := range []string{"cat.PNG", "animals/fox.png", "animals/birds/owl.webp", "song.mp3", ".hidden/x.png"} {
		put(name)
	}
	if diff := cmp.Diff([]string{"cat.PNG", "animals/fox.png", "animals/birds/owl.webp"}, files()); diff != "" {
		t.Error(diff)
	}
	put("new.jpg")
	if len(files()) != 4 {
		t.Errorf("a moment later: %v", files())
	}
	offer, known := m.On("gpu", "first")
	if !known {
		t.Fatal("the worker was asked")
	}
	for name, want := range map[string]string{
		"animals/fox.png": "",
		"animals":         `there is no file "animals" in ComfyUI's input folder`,
		"dog.png":         `there is no file "dog.png" in ComfyUI's input folder`,
	} {
		err := offer.Validate(workflow.Values{"image": workflow.File{Input: name}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
