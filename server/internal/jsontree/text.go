package jsontree

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string; the next byte is its quotation mark.
func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			text := p.text[start:p.at]
			p.at++
			return strings.ToValidUTF8(text, "\ufffd"), nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", p.fail("a text holds a line break or control character")
		default:
			p.at++
		}
	}
	return "", p.fail("a text does not end")
}

// escaped reads the rest of a string from its first escape on.
func (p *parser) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(p.text[start:p.at])
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return strings.ToValidUTF8(b.String(), "\ufffd"), nil
		case c < 0x20:
			return "", p.fail("a text holds a line break or control character")
		case c != '\\':
			b.WriteByte(c)
			p.at++
			continue
		}
		r, ok := p.escape()
		if !ok {
			return "", p.fail("a text holds a backslash that means nothing; write \\\\ for a backslash")
		}
		b.WriteRune(r)
	}
	return "", p.fail("a text does not end")
}

func (p *parser) escape() (rune, bool) {
	if p.at+1 >= len(p.text) {
		return 0, false
	}
	c := p.text[p.at+1]
	if c != 'u' {
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 {
			return 0, false
		}
		p.at += 2
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	r, ok := p.unit(p.at + 2)
	if !ok {
		return 0, false
	}
	p.at += 6
	if utf16.IsSurrogate(r) {
		if strings.HasPrefix(p.text[p.at:], `\u`) {
			if low, ok := p.unit(p.at + 2); ok {
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					p.at += 6
					return both, true
				}
			}
		}
		return utf8.RuneError, true
	}
	return r, true
}

func (p *parser) unit(at int) (rune, bool) {
	if at+4 > len(p.text) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[at:at+4], 16, 16)
	return rune(n), err == nil
}

// MarshalJSON writes the object in its order.
func (o *Object) MarshalJSON() ([]byte, error) { return Append(nil, o), nil }

// Append writes a value as JSON. Numbers that JSON cannot write become null, as JavaScript does it.
func Append(b []byte, value any) []byte {
	switch value := value.(type) {
	case bool:
		return strconv.AppendBool(b, value)
	case string:
		return appendText(b, value)
	case int:
		return strconv.AppendInt(b, int64(value), 10)
	case float64:
		return appendFloat(b, value)
	case json.Number:
		if !finite(string(value)) {
			return append(b, "null"...)
		}
		return append(b, value...)
	case []any:
		b = append(b, '[')
		for i, v := range value {
			if i > 0 {
				b = append(b, ',')
			}
			b = Append(b, v)
		}
		return append(b, ']')
	case *Object:
		b = append(b, '{')
		for i, m := range value.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, m.Key), ':')
			b = Append(b, m.Value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func finite(number string) bool {
	return number != "NaN" && number != "Infinity" && number != "-Infinity" && number != ""
}

func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	if f == 0 {
		return append(b, '0')
	}
	text, err := json.Marshal(f) // ECMAScript's form
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

func appendText(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20 || r == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
