package config

import (
	"encoding/json"
	"log/slog"
	"os"
	"strings"
)

// Secret is a text that is never shown, however it is printed, logged or encoded.
type Secret string

const hidden = "(secret)"

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return hidden }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

// Reveal is the text, for whom it is meant.
func (s Secret) Reveal() string { return string(s) }

// tokenVariable is the environment's name of the token for what stands in front of ComfyUI.
const tokenVariable = "COMFY_UI_API_TOKEN"

// readToken reads the token that api_token_file names, else that of the environment. at is where the ComfyUI is in the file.
func (c *ComfyUI) readToken(at string, problems *Problems) {
	path, token := tokenVariable, os.Getenv(tokenVariable)
	if c.TokenFile != "" {
		path = at + ".api_token_file"
		data, err := os.ReadFile(c.TokenFile)
		if err != nil {
			problems.add(path, "%s cannot be read: %v", c.TokenFile, reason(err))
			return
		}
		if token = strings.TrimSpace(string(data)); token == "" {
			problems.add(path, "%s is empty; it holds the token and nothing else", c.TokenFile)
			return
		}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		problems.add(path, "the token has spaces, line breaks or letters that no token has; keep the token alone there")
		return
	}
	c.Token = Secret(token)
}
