package library_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// result is a picture that carries the graph that made it, as ComfyUI saves it.
func result(t *testing.T, graph string) string {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	text := "tEXtprompt\x00" + graph
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-len("tEXt")))
	chunk = binary.BigEndian.AppendUint32(append(chunk, text...), crc32.ChecksumIEEE([]byte(text)))
	const header = 8 + 25 // signature and IHDR
	return file.String()[:header] + string(chunk) + file.String()[header:]
}

// A picture beside a workflow shows what it makes, and is no workflow although it carries one; a picture alone is both.
func TestPictures(t *testing.T) {
	m := openMenu(t)
	made := result(t, foxes)
	m.write("fox.json", foxes)
	m.write("fox.png", made)
	m.write("alone.png", made)
	m.write("plain.json", foxes)
	m.run()
	m.stock("gpu", comfyUI{"OldFox"})
	m.until("the pictures", func(all map[string]workflow.Workflow) bool {
		return all["fox"].Picture != "" && all["alone"].Picture != "" && all["alone"].Bookable
	})
	if got := m.order(); got != "first alone fox plain" {
		t.Errorf("workflows: %s", got)
	}
	for _, id := range []string{"fox", "alone"} {
		if got, err := m.Picture(t.Context(), id); err != nil || string(got) != made {
			t.Errorf("%s: %d bytes (%v)", id, len(got), err)
		}
	}
	if _, err := m.Picture(t.Context(), "plain"); err == nil {
		t.Error("a picture that is not there")
	}
	before, _ := m.Detail("fox")
	m.write("fox.png", made+"more")
	m.until("another picture", func(all map[string]workflow.Workflow) bool { return all["fox"].Picture != before.Picture })
	if after, _ := m.Detail("fox"); after.Version != before.Version {
		t.Error("another picture made another version")
	}
	if err := os.Remove(filepath.Join(m.folder, "fox.png")); err != nil {
		t.Fatal(err)
	}
	m.until("no picture", func(all map[string]workflow.Workflow) bool { return all["fox"].Picture == "" })
}
