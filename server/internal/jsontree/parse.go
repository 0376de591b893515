package jsontree

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError says where and why a text is not JSON.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Parse reads one JSON value with nothing but white space after it. Every error is a *SyntaxError.
func Parse(data []byte) (any, error) {
	p := parser{text: decode(data)}
	value, err := p.value(0)
	if err == nil {
		if p.space(); p.at < len(p.text) {
			err = p.fail("there is something after the end of the document")
		}
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// decode takes byte order marks off and makes UTF-16 UTF-8.
func decode(data []byte) string {
	if len(data) >= 3 && data[0] == 0xef && data[1] == 0xbb && data[2] == 0xbf {
		return string(data[3:])
	}
	if len(data) < 2 || (data[0] != 0xff || data[1] != 0xfe) && (data[0] != 0xfe || data[1] != 0xff) {
		return string(data)
	}
	low := 0
	if data[0] == 0xfe {
		low = 1
	}
	var units []uint16
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+low])|uint16(data[i+1-low])<<8)
	}
	return string(utf16.Decode(units))
}

type parser struct {
	text   string
	at     int
	values int
}

func (p *parser) fail(message string) error {
	before := p.text[:min(p.at, len(p.text))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &SyntaxError{Line: line, Column: column, Message: message}
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) next() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) word(word string) bool {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return false
	}
	p.at += len(word)
	return true
}

func (p *parser) value(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, p.fail(fmt.Sprintf("lists and objects lie more than %d deep in each other", MaxDepth))
	}
	if p.values++; p.values > MaxValues {
		return nil, p.fail(fmt.Sprintf("there are more than %d values", MaxValues))
	}
	switch c := p.next(); {
	case c == 0 && p.at == len(p.text):
		return nil, p.fail("the text ends too early")
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.string()
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	case p.word("null"):
		return nil, nil
	}
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if p.word(word) {
			return json.Number(word), nil
		}
	}
	return p.number()
}

func (p *parser) object(depth int) (any, error) {
	p.at++
	o := &Object{}
	if p.next() == '}' {
		p.at++
		return o, nil
	}
	for {
		if p.next() != '"' {
			return nil, p.expected("a key in quotation marks")
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, p.expected("a colon after the key " + strconv.Quote(shorten(key)))
		}
		p.at++
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.Members = append(o.Members, Member{key, value})
		switch p.next() {
		case ',':
			p.at++
		case '}':
			p.at++
			return o, nil
		default:
			return nil, p.expected("a comma or }")
		}
	}
}

func (p *parser) list(depth int) (any, error) {
	p.at++
	list := []any{}
	if p.next() == ']' {
		p.at++
		return list, nil
	}
	for {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		switch p.next() {
		case ',':
			p.at++
		case ']':
			p.at++
			return list, nil
		default:
			return nil, p.expected("a comma or ]")
		}
	}
}

func (p *parser) expected(what string) error {
	if p.at == len(p.text) {
		return p.fail("the text ends too early")
	}
	return p.fail(what + " was expected")
}

func (p *parser) number() (any, error) {
	start := p.at
	digits := func() bool {
		from := p.at
		for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			p.at++
		}
		return p.at > from
	}
	is := func(chars string) bool {
		if p.at < len(p.text) && strings.IndexByte(chars, p.text[p.at]) >= 0 {
			p.at++
			return true
		}
		return false
	}
	is("-")
	first := p.at
	good := digits()
	if good && p.text[first] == '0' && p.at > first+1 {
		good = false
	}
	if good && is(".") {
		good = digits()
	}
	if good && is("eE") {
		is("+-")
		good = digits()
	}
	if !good {
		p.at = start
		return nil, p.fail("a value was expected")
	}
	return json.Number(p.text[start:p.at]), nil
}

// shorten cuts a text for a message.
func shorten(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
