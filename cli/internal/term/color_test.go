package term

import (
	"testing"
)

func TestWantsColor(t *testing.T) {
	for _, c := range []struct {
		name string
		tty  bool
		env  map[string]string
		want bool
	}{
		{"terminal", true, nil, true},
		{"pipe", false, nil, false},
		{"NO_COLOR", true, map[string]string{"NO_COLOR": "1"}, false},
		{"empty NO_COLOR", true, map[string]string{"NO_COLOR": ""}, true},
		{"forced in a pipe", false, map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"NO_COLOR beats force", true, map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{"force switched off", false, map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"CLICOLOR=0", true, map[string]string{"CLICOLOR": "0"}, false},
		{"dumb", true, map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := wantsColor(c.tty, func(k string) string { return c.env[k] }); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
