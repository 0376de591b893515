package term

import (
	"strings"
	"unicode"
)

// Line is text as one line: each run of spaces, line breaks and control characters becomes one space.
func Line(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unsafe(r) }), " ")
}

// Block is text with its line breaks, without control characters. Tabs become spaces.
func Block(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unsafe(r):
			return -1
		}
		return r
	}, text)
}

// unsafe reports control characters and the marks that turn the direction of the text around them.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r)
}
