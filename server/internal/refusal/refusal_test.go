package refusal_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

// page collects log lines. The log writes beside the test that reads.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(line)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func TestOneLineAMinuteForEachSourceAndKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text page
		counted := map[refusal.Kind]int{}
		log := refusal.New(slog.New(slog.NewTextHandler(&text, nil)), func(k refusal.Kind) { counted[k]++ }, time.Now)
		go func() { _ = log.Run(t.Context()) }()
		time.Sleep(time.Second)
		lines := func() int { return strings.Count(text.String(), "refused") }
		for range 1000 {
			log.Note(refusal.WrongToken, "10.0.0.1", "GetState")
		}
		log.Note(refusal.WrongToken, "10.0.0.2", "GetState")
		log.Note(refusal.Calls, "10.0.0.1", "GetState")
		for i := range 50 { // one host
			log.Note(refusal.SignIns, fmt.Sprintf("2001:db8::%x", i+1), "SignIn")
		}
		if n := lines(); n != 4 {
			t.Errorf("%d lines at once: %s", n, text.String())
		}
		if counted[refusal.WrongToken] != 1001 || counted[refusal.SignIns] != 50 {
			t.Errorf("counted %v", counted)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := lines(); n != 6 || !strings.Contains(text.String(), "times=999") ||
			!strings.Contains(text.String(), "from=2001:db8::/64 times=49") {
			t.Errorf("%d lines after a while: %s", n, text.String())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := lines(); n != 6 {
			t.Errorf("%d lines when nobody comes any more", n)
		}
	})
}

func TestManySourcesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text page
		log := refusal.New(slog.New(slog.NewTextHandler(&text, nil)), func(refusal.Kind) {}, time.Now)
		for i := range 20_000 {
			log.Note(refusal.WrongToken, fmt.Sprintf("10.%d.%d.1", i/250, i%250), "GetState")
		}
		if n := strings.Count(text.String(), "\n"); n > 5000 || !strings.Contains(text.String(), "from=many") {
			t.Errorf("%d lines", n)
		}
	})
}

func TestNetworkOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"::1":                  "::1",
		"":                     "",
		"x":                    "x",
	} {
		if got := refusal.Network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
