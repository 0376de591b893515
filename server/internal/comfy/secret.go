package comfy

import (
	"bytes"
	"encoding/json"
)

// secrets are texts that must not come back out of ComfyUI's answers, in the ways in which JSON writes them.
type secrets [][]byte

var cleared = []byte("(secret)")

func newSecrets(texts ...string) (all secrets) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		all = append(all, []byte(text))
		if quoted, err := json.Marshal(text); err == nil && !bytes.Equal(quoted[1:len(quoted)-1], []byte(text)) {
			all = append(all, quoted[1:len(quoted)-1])
		}
	}
	return all
}

// clear takes the secrets out of what ComfyUI says.
func (s secrets) clear(data []byte) []byte {
	for _, secret := range s {
		if bytes.Contains(data, secret) {
			data = bytes.ReplaceAll(data, secret, cleared)
		}
	}
	return data
}

// Clear takes the partner key out of a text that ComfyUI has written elsewhere, such as its log.
func (c *Client) Clear(text string) string { return string(c.secrets.clear([]byte(text))) }
