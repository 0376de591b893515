package editor

import (
	"math"
	"regexp"
	"strings"
)

var comments = regexp.MustCompile("(?s:/\\*.*?\\*/)|//[^\n\r\u2028\u2029]*")

// dynamicPrompt makes of a text what the page does: comments are taken out, and of {a|b} one is picked. \{ \} \| stand for
// the characters themselves.
func dynamicPrompt(text string, random func() float64) string { return dynamicPart(text, random, 0) }

func dynamicPart(text string, random func() float64, depth int) string {
	const deepest = 100 // in text that a person wrote choices do not lie so deep
	if depth > deepest {
		return text
	}
	p := &prompt{text: []rune(comments.ReplaceAllString(text, "")), random: random, depth: depth}
	var b strings.Builder
	for p.at < len(p.text) {
		switch c := p.next(); c {
		case '\\':
			b.WriteString(p.escaped())
		case '{':
			b.WriteString(p.choice())
		default:
			b.WriteRune(c)
		}
	}
	return unescape.Replace(b.String())
}

var (
	unescape = strings.NewReplacer(`\{`, `{`, `\}`, `}`, `\|`, `|`)
	escape   = strings.NewReplacer(`{`, `\{`, `}`, `\}`, `|`, `\|`)
)

// first picks the first of choices.
func first() float64 { return 0 }

type prompt struct {
	text   []rune
	at     int
	random func() float64
	depth  int
}

func (p *prompt) next() rune {
	p.at++
	return p.text[p.at-1]
}

// escaped is a backslash with what follows it.
func (p *prompt) escaped() string {
	if p.at == len(p.text) {
		return `\undefined` // the page's own slip, which reaches ComfyUI
	}
	return `\` + string(p.next())
}

// choice picks one of the texts up to the closing brace, or to the end where there is none.
func (p *prompt) choice() string {
	var options []string
	var b strings.Builder
	depth := 0
scan:
	for p.at < len(p.text) {
		c := p.next()
		switch {
		case c == '\\':
			b.WriteString(p.escaped())
			continue
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			break scan
		case c == '}':
			depth--
		case c == '|' && depth == 0:
			options = append(options, b.String())
			b.Reset()
			continue
		}
		b.WriteRune(c)
	}
	options = append(options, b.String())
	i := int(math.Floor(p.random() * float64(len(options))))
	return dynamicPart(options[min(max(i, 0), len(options)-1)], p.random, p.depth+1)
}
