package term

import (
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// Bold is text in bold, where colours are wanted.
func (s *Streams) Bold(text string) string { return s.styled(ansi.NewStyle().Bold(), text) }

// Faint is text that matters less.
func (s *Streams) Faint(text string) string { return s.styled(ansi.NewStyle().Faint(), text) }

// Green is text about something that went well.
func (s *Streams) Green(text string) string { return s.colored(ansi.Green, text) }

// Yellow is text about something that is going on or asks for attention.
func (s *Streams) Yellow(text string) string { return s.colored(ansi.Yellow, text) }

// Red is text about something that failed.
func (s *Streams) Red(text string) string { return s.colored(ansi.Red, text) }

// Cyan is text about something that is to come.
func (s *Streams) Cyan(text string) string { return s.colored(ansi.Cyan, text) }

func (s *Streams) colored(c color.Color, text string) string {
	return s.styled(ansi.NewStyle().ForegroundColor(c), text)
}

func (s *Streams) styled(style ansi.Style, text string) string {
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
func (s *Streams) Inverse(text string) string { return s.styled(ansi.NewStyle().Reverse(true), text) }

// ColorEnabled reports whether the styles above do anything.
func (s *Streams) ColorEnabled() bool { return s.color }
