package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// A ComfyUI that listens on every address is asked on loopback.
func TestAddressOfComfyUI(t *testing.T) {
	for host, want := range map[string]string{
		"0.0.0.0":    "http://127.0.0.1:8188",
		"::":         "http://[::1]:8188",
		"0.0.0.0,::": "http://127.0.0.1:8188",
		"gpu.lan":    "http://gpu.lan:8188",
		"fd00::7":    "http://[fd00::7]:8188",
	} {
		if got := (config.ComfyUI{Host: host, Port: 8188}).BaseURL(); got != want {
			t.Errorf("%s is asked at %s", host, got)
		}
	}
}

// The token comes from a file or the environment, and is not shown.
func TestTokenForComfyUI(t *testing.T) {
	const token = "abc.DEF-123"
	load := func(content string) (*config.Config, error) {
		file := write(t, with(`{"installation_type": "remote", "api_token_file": "token"}`))
		if err := os.WriteFile(filepath.Join(filepath.Dir(file), "token"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.Load(file)
	}
	c, err := load(token + "\r\n")
	if err != nil || c.ComfyUI.Token.Reveal() != token {
		t.Fatalf("%v", err)
	}
	encoded, err := json.Marshal(struct{ Token config.Secret }{c.ComfyUI.Token})
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("loaded", "token", c.ComfyUI.Token)
	printed := fmt.Sprintf("%v %+v %#v %x", c.ComfyUI, c.ComfyUI, c.ComfyUI, c.ComfyUI.Token)
	for _, shown := range []string{printed, string(encoded), log.String()} {
		if strings.Contains(shown, token) || strings.Contains(shown, fmt.Sprintf("%x", token)) || err != nil {
			t.Errorf("the token is shown: %s (%v)", shown, err)
		}
	}
	for content, want := range map[string]string{"\n": "is empty", "two words": "the token has spaces", "t\u00f6ken": "the token has"} {
		if _, err := load(content); err == nil || !strings.Contains(err.Error(), "comfy_ui.api_token_file: ") ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "words") {
			t.Errorf("%q: %v", content, err)
		}
	}
	missing := write(t, with(`{"installation_type": "remote", "api_token_file": "none"}`))
	if _, err := config.Load(missing); err == nil || !strings.Contains(err.Error(), "cannot be read: no such file") {
		t.Errorf("no file: %v", err)
	}
	t.Setenv("COMFY_UI_API_TOKEN", token)
	if c, err := config.Load(write(t, with(`{"installation_type": "remote"}`))); err != nil || c.ComfyUI.Token.Reveal() != token {
		t.Errorf("by the environment: %v", err)
	}
}

// The key for paid services does too.
func TestPartnerKey(t *testing.T) {
	with := func(workflows string) string {
		return strings.Replace(with(`{"installation_type": "simulated"}`), `"workflow":`, workflows+`"workflow":`, 1)
	}
	file := write(t, with(`"workflows": {"partner_api_key_file": "key"}, `))
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "key"), []byte("comfyui-1f2e\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil || c.Workflows.PartnerAPIKey.Reveal() != "comfyui-1f2e" || c.Policy().MayImport(account.User{ID: "ada"}) {
		t.Fatalf("%v", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", c, c.Workflows), "1f2e") {
		t.Error("the key is shown")
	}
	t.Setenv("COMFY_ORG_API_KEY", "comfyui-3d4c")
	c, err = config.Load(write(t, with(`"workflows": {"who_may_import": "everybody", "measure_every": "0s"}, `)))
	if err != nil || c.Workflows.PartnerAPIKey.Reveal() != "comfyui-3d4c" || !c.Policy().MayImport(account.User{ID: "ada"}) ||
		c.Workflows.MeasureEvery != 0 {
		t.Errorf("by the environment: %v", err)
	}
}
