package iostreams

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// Bold is text in bold, where colours are wanted.
func (s *IOStreams) Bold(text string) string { return s.styled(ansi.NewStyle().Bold(), text) }

// Faint is text that matters less.
func (s *IOStreams) Faint(text string) string { return s.styled(ansi.NewStyle().Faint(), text) }

// Green is text about something that went well.
func (s *IOStreams) Green(text string) string { return s.colored(ansi.Green, text) }

// Yellow is text about something that is going on or asks for attention.
func (s *IOStreams) Yellow(text string) string { return s.colored(ansi.Yellow, text) }

// Red is text about something that failed.
func (s *IOStreams) Red(text string) string { return s.colored(ansi.Red, text) }

// Cyan is text about something that is to come.
func (s *IOStreams) Cyan(text string) string { return s.colored(ansi.Cyan, text) }

func (s *IOStreams) colored(c color.Color, text string) string {
	return s.styled(ansi.NewStyle().ForegroundColor(c), text)
}

func (s *IOStreams) styled(style ansi.Style, text string) string {
	if !s.color || text == "" {
		return text
	}
	return style.Styled(text)
}

// wantsColor follows no-color.org and bixense.com/clicolors: NO_COLOR beats CLICOLOR_FORCE, which beats the terminal.
func wantsColor(tty bool, getenv func(string) string) bool {
	switch force := getenv("CLICOLOR_FORCE"); {
	case getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return tty && getenv("TERM") != "dumb" && getenv("CLICOLOR") != "0"
}

// Inverse is text on a filled ground.
func (s *IOStreams) Inverse(text string) string { return s.styled(ansi.NewStyle().Reverse(true), text) }

// ColorEnabled reports whether the styles above do anything.
func (s *IOStreams) ColorEnabled() bool { return s.color }
