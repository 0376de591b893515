package comfy_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unsent lists what was recorded and the client never sends, as patterns of a request's line, with the reason.
var unsent = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(` \((Origin|Host|Sec-Fetch-Site): `), "the client is no browser: it sends no Origin"},
	{regexp.MustCompile(`^(HEAD|OPTIONS|PUT) `), "the client knows only GET and POST"},
	{regexp.MustCompile(`^GET /api/`), "ComfyUI's routes are asked for under their old names, which every version has"},
	{regexp.MustCompile(`^GET /prompt$`), "what waits is counted by the queue and by the status frames"},
	{regexp.MustCompile(`^GET /history(\?|$)`), "one prompt's history is asked for, never everybody's"},
	{regexp.MustCompile(`^GET /object_info/`), "all classes are asked for at once: a workflow may have any of them"},
	{
		regexp.MustCompile(`^GET /(embeddings|extensions|features|users|internal/logs$|models|no_such_route|prompt/)`),
		"of no use to the service: which models there are is told by the classes that take them",
	},
	{regexp.MustCompile(`\(Range: `), "a file is fetched whole"},
	{regexp.MustCompile(`^GET /view\?.*(preview|channel)=`), "a file is fetched as it is; thumbnails are the service's own work"},
	{regexp.MustCompile(`^GET /view(\?filename=)?$`), "a file without a name is no result"},
	{regexp.MustCompile(`^GET /view\?[^t]*subfolder=day%2Fuser1$`), "the folder is always named"},
	{regexp.MustCompile(`^POST /upload/image`), "no pictures are brought into ComfyUI"},
	{regexp.MustCompile(`^POST /history `), "the history is ComfyUI's own to keep"},
	{regexp.MustCompile(`^POST /queue \{"clear":true\}`), "what others have queued is theirs"},
	{regexp.MustCompile(`^POST /queue \{"delete":\["[^"]*","`), "prompts are cancelled one by one"},
	{regexp.MustCompile(`^POST /interrupt( \{\})?$`), "an interrupt without an id hits whatever runs"},
	{regexp.MustCompile(`^POST /(queue|free|interrupt)($| "| \[| \{\})`), "every body is well-formed"},
	{regexp.MustCompile(`^POST /prompt ("\{|"this|\[|\{("client_id":"x"|"client_id":"client-a")?\})`), "every post has a prompt"},
}

// unsent returns why the client never sends a record's request; empty when it may.
func (r record) unsent() string {
	for _, never := range unsent {
		if never.pattern.MatchString(r.line()) {
			return never.why
		}
	}
	return ""
}

// unplayed lists the recorded websockets whose place no play takes, and why.
var unplayed = map[string]string{
	"06 client-b": "it only listens; what a listener gets is played in 09",
	"07 client-b": "it only puts a prompt in front, which the client never does",
	"09 ":         "a websocket without an id gets no frames of its own; the client always has one",
	"11 client-r": "its first message is no feature flags; the client's always is",
	"14 client-a": "of its 300 runs only the measurement was recorded: TestRecordedHistoryTiming",
	"16 client-a": "all its graphs are refused: TestEveryRecordedExchange",
}

// cutOff says why the rest of a recording is not played.
var cutOff = map[string]string{
	"07": "the same id is given twice, which the client never does; the answers are replayed by TestRecordedDuplicate",
}

// recorded returns the number of every recording.
func recorded(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir("testdata/recordings")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		numbers = append(numbers, number)
	}
	return numbers
}

// TestEveryRecordingIsPlayed fails for a recorded websocket that is neither played nor on the list. (How ComfyUI's process
// itself ended is replayed to the worker, which starts it.)
func TestEveryRecordingIsPlayed(t *testing.T) {
	left := maps.Clone(unplayed)
	for _, number := range recorded(t) {
		for _, r := range load(t, number) {
			if r.Event != "open" {
				continue
			}
			name := number + " " + r.clientID()
			played := slices.ContainsFunc(plays, func(p play) bool { return p.recording == number && p.client == r.clientID() })
			if _, excused := unplayed[name]; excused == played {
				t.Errorf("recording %s: played %t, excused %t", name, played, excused)
			}
			delete(left, name)
		}
	}
	for name := range left {
		t.Errorf("there is no recorded websocket %q", name)
	}
	for _, p := range plays {
		if (p.until != "") != (cutOff[p.recording] != "") {
			t.Errorf("recording %s is cut off without a reason, or the reason is stale", p.recording)
		}
	}
}
