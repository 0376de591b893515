// Package graphfile finds the ComfyUI graph in a file of any kind that carries one: JSON in API format, in an envelope
// or in the editor's format, and pictures, videos and sounds that ComfyUI made. What a file is, is told by its content.
// The package knows formats and nothing else: what the graph means is for others.
//
// It reads once from front to back, skips what it does not need, and holds at most a graph of MaxGraph bytes in memory,
// whatever a file claims of itself.
package graphfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// Bounds of a file.
const (
	MaxGraph = 64 << 20 // bytes of a graph, also after decompression
	MaxMedia = 4 << 30  // bytes of a picture, video or sound that are read in search of a graph
)

// File holds all that was found: a graph in API format, a workflow in the editor's format, or both.
type File struct {
	Format Format
	API    *graph.Graph     // nil: none
	Editor *jsontree.Object // nil: none
}

// Format is the kind of a file, in words for people.
type Format string

// The formats that are read.
const (
	JSON        Format = "JSON"
	PNG         Format = "PNG picture"
	WebP        Format = "WebP picture"
	EXR         Format = "EXR picture"
	MP4         Format = "MP4 video"
	Matroska    Format = "WebM or Matroska video"
	FLAC        Format = "FLAC sound"
	MP3         Format = "MP3 sound"
	Ogg         Format = "Opus sound"
	Safetensors Format = "latent"
)

// texts holds the values of a container under ComfyUI's two keys.
type texts struct {
	prompt, workflow []byte
}

func (t *texts) full() bool { return t.prompt != nil && t.workflow != nil }

// set keeps the first text of each of ComfyUI's keys, in any case.
func (t *texts) set(key string, text []byte) {
	switch {
	case equalFold(key, "prompt") && t.prompt == nil:
		t.prompt = text
	case equalFold(key, "workflow") && t.workflow == nil:
		t.workflow = text
	}
}

// wanted tells whether the key is one of ComfyUI's.
func wanted(key string) bool { return equalFold(key, "prompt") || equalFold(key, "workflow") }

func equalFold(a, b string) bool { return bytes.EqualFold([]byte(a), []byte(b)) }

// Read finds the graph in a file. Errors of the file are graph.Problems; others are those of r.
func Read(r io.Reader) (*File, error) {
	s := &source{r: bufio.NewReaderSize(r, 64<<10), left: MaxMedia}
	head, err := s.r.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, c := range containers {
		if !c.is(head) {
			continue
		}
		found := &texts{}
		if err := c.read(s, found); err != nil && !found.full() {
			return nil, c.explain(err)
		}
		return c.file(found)
	}
	if err := foreign(head); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(s.r, MaxGraph+1))
	if err != nil {
		return nil, err
	}
	return readJSON(data)
}

// foreign are files that people bring and that carry no graph.
func foreign(head []byte) error {
	kinds := []struct{ mark, what string }{
		{"\xff\xd8\xff", "it is a JPEG picture, and ComfyUI writes no graph into those"},
		{"GIF8", "it is a GIF, and ComfyUI writes no graph into those"},
		{"%PDF", "it is a PDF"},
		{"PK\x03\x04", "it is a ZIP archive: unpack it first"},
		{"\x1f\x8b", "it is compressed with gzip: unpack it first"},
		{"<", "it is a web page or XML, not a workflow"},
	}
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.mark)) {
			return graph.Problems{{
				What: k.what,
				Help: "bring the workflow's JSON file, or a PNG, WebP, MP4, WebM, FLAC, MP3 or Opus file that ComfyUI made",
			}}
		}
	}
	return nil
}

// container is a format that carries texts.
type container struct {
	format Format
	is     func(head []byte) bool
	read   func(*source, *texts) error // stops when it has both
}

var containers = []container{
	{PNG, prefix("\x89PNG\r\n\x1a\n"), readPNG},
	{WebP, func(h []byte) bool { return prefix("RIFF")(h) && len(h) >= 12 && string(h[8:12]) == "WEBP" }, readWebP},
	{EXR, prefix("\x76\x2f\x31\x01"), readEXR},
	{MP4, func(h []byte) bool { return len(h) >= 8 && string(h[4:8]) == "ftyp" }, readMP4},
	{Matroska, prefix("\x1a\x45\xdf\xa3"), readMatroska},
	{FLAC, prefix("fLaC"), readFLAC},
	{MP3, prefix("ID3"), readID3},
	{Ogg, prefix("OggS"), readOgg},
	{Safetensors, isSafetensors, readSafetensors},
}

func prefix(mark string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(mark)) }
}

func (c container) explain(err error) error {
	if problems, ok := errors.AsType[graph.Problems](err); ok {
		return problems
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return graph.Problems{{
			What: fmt.Sprintf("the %s is cut off before its end", c.format),
			Help: "it may have been copied while ComfyUI was still writing it: bring it again, whole",
		}}
	}
	if broken, ok := errors.AsType[malformed](err); ok {
		return graph.Problems{{
			What: fmt.Sprintf("the %s is broken: %s", c.format, string(broken)),
			Help: "bring the file as ComfyUI wrote it",
		}}
	}
	return err
}

// file reads the texts that a container carries.
func (c container) file(found *texts) (*File, error) {
	if found.prompt == nil && found.workflow == nil {
		return nil, graph.Problems{{
			What: fmt.Sprintf("the %s carries no workflow", c.format),
			Help: "programs and sites that change or compress a file take it out: bring the file as ComfyUI wrote it, " +
				"or the workflow's JSON file",
		}}
	}
	file := &File{Format: c.format}
	var problems graph.Problems
	for _, text := range [][]byte{found.workflow, found.prompt} {
		if text == nil {
			continue
		}
		part, err := readJSON(text)
		if err != nil {
			ours, ok := errors.AsType[graph.Problems](err)
			if !ok {
				return nil, err
			}
			problems = append(problems, ours...)
			continue
		}
		if part.API != nil {
			file.API = part.API
		}
		if part.Editor != nil {
			file.Editor = part.Editor
		}
	}
	if file.API == nil && file.Editor == nil {
		return nil, problems
	}
	return file, nil
}
