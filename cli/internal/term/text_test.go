package term_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

func TestNothingThatActsOnATerminalIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(
			rapid.Rune(),
			rapid.SampledFrom([]rune{'\x1b', '\x07', '\r', '\n', '\t', '\u009b', '\u202e', '\u2066', ' '}),
		)).Draw(t, "text")
		line, block := term.Line(text), term.Block(text)
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("Line(%q) is %q", text, line)
		}
		if strings.ContainsFunc(strings.ReplaceAll(block, "\n", ""), func(r rune) bool { return unicode.IsControl(r) }) {
			t.Fatalf("Block(%q) is %q", text, block)
		}
		if term.Line(line) != line || term.Block(block) != block {
			t.Fatalf("cleaning again changes %q", text)
		}
	})
}

func TestOrdinaryTextStays(t *testing.T) {
	const text = "Füchse, 狐狸 & 🦊: \"schön\""
	if got := term.Line(text); got != text {
		t.Errorf("%q", got)
	}
}
