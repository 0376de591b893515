package graphfile

import (
	"encoding/binary"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// readEXR reads the attributes in the head of an OpenEXR picture.
func readEXR(s *source, found *texts) error {
	if err := s.skip(8); err != nil {
		return err
	}
	for !found.full() {
		name, err := zeroEnded(s)
		if err != nil || name == "" {
			return err
		}
		kind, err := zeroEnded(s)
		if err != nil {
			return err
		}
		size, err := s.take(4)
		if err != nil {
			return err
		}
		length := int64(binary.LittleEndian.Uint32(size))
		if kind != "string" || !wanted(name) {
			if err := s.skip(length); err != nil {
				return err
			}
			continue
		}
		text, err := s.take(length)
		if err != nil {
			return err
		}
		found.set(name, text)
	}
	return nil
}

func zeroEnded(s *source) (string, error) {
	const longest = 255
	var name []byte
	for {
		b, err := s.take(1)
		if err != nil {
			return "", err
		}
		if b[0] == 0 {
			return string(name), nil
		}
		if name = append(name, b[0]); len(name) > longest {
			return "", malformed("a name is longer than the format allows")
		}
	}
}

// isSafetensors tells a file of tensors by the length of its head, which is JSON.
func isSafetensors(head []byte) bool {
	return len(head) >= 10 && slices.Equal(head[4:8], []byte{0, 0, 0, 0}) && head[8] == '{' && head[9] == '"'
}

// readSafetensors reads the metadata in the head of a saved latent.
func readSafetensors(s *source, found *texts) error {
	head, err := s.take(8)
	if err != nil {
		return err
	}
	data, err := s.take(int64(binary.LittleEndian.Uint64(head)))
	if err != nil {
		return err
	}
	value, err := jsontree.Parse(data)
	if err != nil {
		return malformed("its head is no JSON: " + err.Error())
	}
	object, _ := value.(*jsontree.Object)
	if metadata := object.Object("__metadata__"); metadata != nil {
		for _, m := range metadata.Members {
			if text, ok := m.Value.(string); ok {
				found.set(m.Key, []byte(text))
			}
		}
	}
	return nil
}
