package comfy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// errorBrief limits an error about a document, in bytes: the decoder quotes the document in it.
const errorBrief = 256

// decode is json.Unmarshal for what Python writes: bare NaN, Infinity and -Infinity, which are no JSON, read as
// null. They appear in node definitions ("max": Infinity) and in the inputs of failed nodes.
func decode(data []byte, v any) error {
	if !json.Valid(data) {
		data = nullNonFinite(data)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return errors.New(shorten(clean(err.Error()), errorBrief))
	}
	return nil
}

// nullNonFinite replaces the three words outside strings.
func nullNonFinite(data []byte) []byte {
	out := make([]byte, 0, len(data))
	inString := false
	for i := 0; i < len(data); {
		rest := data[i:]
		switch {
		case inString && data[i] == '\\' && len(rest) > 1:
			out = append(out, rest[:2]...)
			i += 2
			continue
		case data[i] == '"':
			inString = !inString
		case !inString:
			if n := nonFinite(rest); n > 0 {
				out = append(out, "null"...)
				i += n
				continue
			}
		}
		out = append(out, data[i])
		i++
	}
	return out
}

func nonFinite(data []byte) int {
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(word)) {
			return len(word)
		}
	}
	return 0
}

// member is one key and value of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// members returns an object's members in the order written, which in ComfyUI's answers is the order of events.
func members(object json.RawMessage) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	open, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, fmt.Errorf("want an object, have %.20s", object)
	}
	var list []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{key: brief(key.(string))} // an object's keys are strings, the decoder sees to it
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}
