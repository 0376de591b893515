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

// The environment's names of secrets.
const (
	tokenVariable      = "COMFY_UI_API_TOKEN" // for what stands in front of ComfyUI
	partnerKeyVariable = "COMFY_ORG_API_KEY"  // for nodes of paid services
)

// readToken reads the token that api_token_file names, else that of the environment. at is where the ComfyUI is in the file.
func (c *ComfyUI) readToken(at string, problems *Problems) {
	c.Token = readSecret("token", at+".api_token_file", c.TokenFile, tokenVariable, problems)
}

// readPartnerKey reads the key that partner_api_key_file names, else that of the environment.
func (w *Workflows) readPartnerKey(problems *Problems) {
	w.PartnerAPIKey = readSecret("key", "workflows.partner_api_key_file", w.PartnerAPIKeyFile, partnerKeyVariable, problems)
}

// readSecret reads what a file holds, which the configuration names at a path, else what the variable holds. what it is called goes
// into the problems, its content never.
func readSecret(what, path, file, variable string, problems *Problems) Secret {
	text := os.Getenv(variable)
	if file == "" {
		path = variable
	} else {
		data, err := os.ReadFile(file)
		if err != nil {
			problems.add(path, "%s cannot be read: %v", file, reason(err))
			return ""
		}
		if text = strings.TrimSpace(string(data)); text == "" {
			problems.add(path, "%s is empty; it holds the %s and nothing else", file, what)
			return ""
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		problems.add(path, "the %[1]s has spaces, line breaks or letters that no %[1]s has; keep the %[1]s alone there", what)
		return ""
	}
	return Secret(text)
}
