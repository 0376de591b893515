package graph

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// convert turns a literal into the input's type as ComfyUI does before it checks limits;
// the error's text is the one Python gives.
func convert(input Input, value any) (any, error) {
	switch input.Type {
	case "INT":
		return toInt(value)
	case "FLOAT":
		return toFloat(value)
	case "STRING":
		return pythonText(value), nil
	case "BOOLEAN":
		return toBool(value), nil
	}
	return value, nil
}

func toInt(value any) (*big.Int, error) {
	switch v := value.(type) {
	case json.Number:
		if n, ok := new(big.Int).SetString(v.String(), 10); ok {
			return n, nil
		}
		r, ok := new(big.Rat).SetString(v.String())
		if !ok {
			return nil, fmt.Errorf("cannot convert float %s to integer", v)
		}
		return new(big.Int).Quo(r.Num(), r.Denom()), nil // truncates toward zero
	case string:
		if n, ok := new(big.Int).SetString(strings.TrimSpace(v), 10); ok {
			return n, nil
		}
		return nil, fmt.Errorf("invalid literal for int() with base 10: %s", quote(v))
	case bool:
		if v {
			return big.NewInt(1), nil
		}
		return new(big.Int), nil
	}
	return nil, fmt.Errorf("int() argument must be a string, a bytes-like object or a real number, not '%s'", pythonType(value))
}

func toFloat(value any) (float64, error) {
	switch v := value.(type) {
	case json.Number:
		return v.Float64()
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return 0, fmt.Errorf("could not convert string to float: %s", quote(v))
		}
		return f, nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	}
	return 0, fmt.Errorf("float() argument must be a string or a real number, not '%s'", pythonType(value))
}

func toBool(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// compare orders a converted number against a limit; ok is false for anything else.
func compare(value any, limit *big.Rat) (sign int, ok bool) {
	switch v := value.(type) {
	case *big.Int:
		return new(big.Rat).SetInt(v).Cmp(limit), true
	case float64:
		r := new(big.Rat).SetFloat64(v)
		if r == nil { // infinite or not a number
			return 0, false
		}
		return r.Cmp(limit), true
	}
	return 0, false
}

func pythonText(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case string:
		return v
	case bool:
		if v {
			return "True"
		}
		return "False"
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".einf") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(value)
}

func pythonType(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case map[string]any:
		return "dict"
	case []any:
		return "list"
	}
	return "object"
}

func quote(text string) string { return "'" + text + "'" }

func pythonList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = quote(item)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
