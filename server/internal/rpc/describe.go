package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// describe says what is wrong with a JSON request, in the words of whoever wrote it: where it stands, by name and by line,
// and what would be right.
func describe(data []byte, root protoreflect.MessageDescriptor, err error) string {
	parts := jsonProblem.FindStringSubmatch(err.Error())
	if parts == nil {
		return notJSON
	}
	problem := parts[3]
	if parts[1] == "" {
		return notJSON + ": " + problem
	}
	line, _ := strconv.Atoi(parts[1])
	column, _ := strconv.Atoi(parts[2])
	path := pathAt(data, offsetOf(data, line, column))
	text := fmt.Sprintf("line %d, column %d: %s%s", line, column, problem, offered(root, path, problem))
	if len(path) > 0 {
		return strings.Join(path, ".") + ": " + text
	}
	return notJSON + ": " + text
}

const notJSON = "the request is not the JSON that the call takes"

// jsonProblem takes the decoder's words apart. Its first space is a no-break one at times.
var jsonProblem = regexp.MustCompile(`^proto:[\s\x{a0}]*(?:syntax error )?(?:\(line (\d+):(\d+)\): )?(.*)$`)

// offsetOf gives the offset in bytes of a place in lines and characters.
func offsetOf(data []byte, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		end := bytes.IndexByte(data[offset:], '\n')
		if end < 0 {
			return len(data)
		}
		offset += end + 1
	}
	for ; column > 1 && offset < len(data); column-- {
		_, size := utf8.DecodeRune(data[offset:])
		offset += size
	}
	return offset
}

// pathAt is the way to what stands at an offset: names of fields, keys of maps and places in lists.
func pathAt(data []byte, offset int) []string {
	type level struct {
		inList, atValue bool
		name            string
		count           int
	}
	var levels []level
	names := func() (path []string) {
		for _, l := range levels {
			if l.name != "" {
				path = append(path, l.name)
			}
		}
		return path
	}
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		if len(levels) > 0 {
			if top := &levels[len(levels)-1]; top.inList && decoder.More() {
				top.name = strconv.Itoa(top.count)
				top.count++
			}
		}
		token, err := decoder.Token()
		if err != nil {
			return names()
		}
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		key, isText := token.(string)
		isKey := top != nil && !top.inList && !top.atValue && isText
		if isKey {
			top.name = key
		}
		if decoder.InputOffset() > int64(offset) {
			return names()
		}
		if top != nil {
			top.atValue = isKey
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			levels = append(levels, level{inList: token == json.Delim('[')})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
	}
}

// offered names what could stand there instead: the fields of a message, or the values of an enum.
func offered(message protoreflect.MessageDescriptor, path []string, problem string) string {
	var field protoreflect.FieldDescriptor
	for i := 0; i < len(path); i++ {
		known := fieldOf(message, path[i])
		if known == nil {
			break
		}
		field = known
		if field.IsMap() || field.IsList() {
			i++ // the key or the place is the next step
		}
		if field.IsMap() {
			field = field.MapValue()
		}
		if message = field.Message(); message == nil {
			break
		}
	}
	switch {
	case strings.HasPrefix(problem, "unknown field") && message != nil:
		return "; known are " + fieldNames(message)
	case strings.HasPrefix(problem, "invalid value for enum") && field != nil && field.Enum() != nil:
		return "; known are " + valueNames(field.Enum())
	case strings.HasPrefix(problem, "unexpected token") && message != nil && len(path) > 0:
		return "; an object with one or more of these stands here: " + fieldNames(message)
	}
	return ""
}

func fieldOf(message protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if message == nil {
		return nil
	}
	if field := message.Fields().ByJSONName(name); field != nil {
		return field
	}
	return message.Fields().ByName(protoreflect.Name(name))
}

func fieldNames(message protoreflect.MessageDescriptor) string {
	var names []string
	for i := range message.Fields().Len() {
		names = append(names, message.Fields().Get(i).JSONName())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// valueNames leaves out the first, which stands for none.
func valueNames(enum protoreflect.EnumDescriptor) string {
	var names []string
	for i := 1; i < enum.Values().Len(); i++ {
		names = append(names, string(enum.Values().Get(i).Name()))
	}
	return strings.Join(names, ", ")
}
