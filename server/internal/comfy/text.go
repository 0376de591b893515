package comfy

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Every text of ComfyUI's, of its packs, and of whatever stands in front of it enters through this file: [clean] and
// [shorten]. What has passed it can be kept, encoded, shown and sent to everybody.

const (
	textLimit   = 16 << 10 // bytes of a text: a message, a traceback, a name
	reasonLimit = 2 << 10  // bytes of a text that says what is wrong with one node
	outputLimit = 1 << 20  // bytes of all text outputs of a run
	maxFiles    = 1000     // files of a run
	maxTexts    = 1000     // text outputs of a run
	maxChoices  = 10_000   // of an input
)

// clean makes a text valid UTF-8 without control characters, but for line breaks and tabs.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// shorten cuts a text of more than limit bytes between two characters, and says how long it was.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	mark := counted("… (cut, %d bytes)", len(s))
	end := max(0, limit-len(mark))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// counted formats numbers for people: 12,345.
func counted(format string, numbers ...any) string {
	return message.NewPrinter(language.English).Sprintf(format, numbers...)
}

// brief is a text as most are kept.
func brief(s string) string { return shorten(clean(s), textLimit) }

// text is a brief string that may come as another scalar: packs are careless with types. null is "".
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		s = string(data)
	}
	*t = text(brief(s))
	return nil
}

// UnmarshalText implements encoding.TextUnmarshaler, for the keys of objects.
func (t *text) UnmarshalText(data []byte) error {
	*t = text(brief(string(data)))
	return nil
}

func plain(list []text) []string {
	var out []string
	for _, t := range list {
		out = append(out, string(t))
	}
	return out
}

// firstLines are as many as a text may have bytes.
func firstLines(list []text) []string {
	room := textLimit
	for i, t := range list {
		if room -= len(t); room < 0 {
			return append(plain(list[:i]), counted("… (cut, %d more)", len(list)-i))
		}
	}
	return plain(list)
}

// trimmed returns s without surrounding space, or what stands for nothing.
func trimmed(s, nothing string) string {
	if s = strings.TrimSpace(s); s == "" {
		return nothing
	}
	return s
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}
