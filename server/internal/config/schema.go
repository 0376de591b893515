package config

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is the JSON Schema of config.json.
//
//go:embed config.schema.json
var Schema []byte

var compiled = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.schema.json", doc); err != nil {
		panic(err)
	}
	return compiler.MustCompile("config.schema.json")
})

// checkStructure holds the file against the schema.
func checkStructure(data []byte, problems *Problems) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		problems.add("", "is not valid JSON: %s", describeSyntax(data, err))
		return
	}
	for _, path := range duplicateKeys(data) {
		problems.add(path, "is given twice; keep one")
	}
	if invalid, ok := compiled().Validate(doc).(*jsonschema.ValidationError); ok {
		addLeaves(invalid, problems)
	}
}

// addLeaves walks to the leaves of a validation error, which are what people can act on.
func addLeaves(invalid *jsonschema.ValidationError, problems *Problems) {
	path := strings.Join(invalid.InstanceLocation, ".")
	switch k := invalid.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			problems.add(join(path, name), "unknown key%s", didYouMean(name, knownKeys(invalid.SchemaURL)))
		}
	case *kind.Required:
		for _, name := range k.Missing {
			problems.add(join(path, name), "missing")
		}
	case *kind.Type:
		problems.add(path, "must be %s, not %s", strings.Join(mapped(k.Want, article), " or "), article(k.Got))
	case *kind.Enum:
		problems.add(path, "must be one of %s%s", strings.Join(mapped(k.Want, quote), ", "), didYouMean(fmt.Sprint(k.Got), mapped(k.Want, text)))
	case *kind.Pattern:
		if strings.HasSuffix(invalid.SchemaURL, "/duration") {
			problems.add(path, "must be a duration such as \"30s\", \"2m\" or \"1h30m\", not %q", k.Got)
			return
		}
		problems.add(path, "%q must be lower-case letters, digits and underscores", k.Got)
	case *kind.AnyOf:
		problems.add(path, `must name the field that takes the value: {"node_id": "6", "field": "text"}, `+
			`or several: [{"node_id": "47", "field": "width"}, ...], `+
			`with optional "min" and "max" as {"targets": [...], "min": 16}`)
		return
	default:
		if len(invalid.Causes) == 0 {
			problems.add(path, "%s", k.LocalizedString(message.NewPrinter(language.English)))
		}
	}
	for _, cause := range invalid.Causes {
		addLeaves(cause, problems)
	}
}

// knownKeys are the keys of the object schema at a location such as "file:///.../config.schema.json#/properties/server".
func knownKeys(location string) []string {
	var at any
	if err := json.Unmarshal(Schema, &at); err != nil {
		return nil
	}
	_, pointer, _ := strings.Cut(location, "#")
	for _, step := range strings.Split(strings.Trim(pointer, "/"), "/") {
		if object, ok := at.(map[string]any); ok && step != "" {
			at = object[step]
		}
	}
	object, _ := at.(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	var keys []string
	for key := range properties {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func didYouMean(given string, known []string) string {
	best, bestDistance := "", len(given)/2+1
	for _, candidate := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(given), candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best == "" {
		if len(known) == 0 {
			return ""
		}
		return "; known are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// duplicateKeys are the paths of keys that an object holds twice: Go's decoder would silently take the last.
func duplicateKeys(data []byte) (found []string) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var walk func(path string)
	walk = func(path string) {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		switch token {
		case json.Delim('{'):
			seen := map[any]bool{}
			for decoder.More() {
				key, err := decoder.Token()
				if err != nil {
					return
				}
				at := join(path, fmt.Sprint(key))
				if seen[key] {
					found = append(found, at)
				}
				seen[key] = true
				walk(at)
			}
			_, _ = decoder.Token()
		case json.Delim('['):
			for i := 0; decoder.More(); i++ {
				walk(join(path, fmt.Sprint(i)))
			}
			_, _ = decoder.Token()
		}
	}
	walk("")
	return found
}

func describeSyntax(data []byte, err error) string {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var v any
	for {
		decodeErr := decoder.Decode(&v)
		if syntax, ok := decodeErr.(*json.SyntaxError); ok {
			before := data[:min(int(syntax.Offset), len(data))]
			line := bytes.Count(before, []byte("\n")) + 1
			column := len(before) - bytes.LastIndexByte(before, '\n') - 1
			return fmt.Sprintf("line %d, column %d: %v", line, column, syntax)
		}
		if decodeErr == io.EOF || decodeErr != nil {
			return err.Error()
		}
	}
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

func article(jsonType string) string {
	switch jsonType {
	case "object", "array", "integer":
		return "an " + jsonType
	case "null":
		return "null"
	default:
		return "a " + jsonType
	}
}

func quote(v any) string { return fmt.Sprintf("%q", v) }
func text(v any) string  { return fmt.Sprint(v) }

func mapped[T any](list []T, f func(T) string) []string {
	var out []string
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
