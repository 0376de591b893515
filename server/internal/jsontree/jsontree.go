// Package jsontree reads JSON as people's tools write it and keeps what encoding/json loses: the order of keys, keys that
// come twice, and numbers as they were written. It takes byte order marks, UTF-16 and the bare NaN and Infinity that
// Python writes. Text, depth and number of values are bounded, and errors name line and column in words for people.
package jsontree

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
)

// Bounds of a document.
const (
	MaxDepth  = 256
	MaxValues = 2_000_000
)

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value any
}

// Object is a JSON object in the order of its file. A key may come twice.
//
// Values are nil, bool, json.Number (also "NaN", "Infinity" and "-Infinity"), string, []any or *Object.
type Object struct {
	Members []Member
}

// Get returns the value of a key, the last one where it comes twice. A nil object has no keys.
func (o *Object) Get(key string) (value any, ok bool) {
	if o == nil {
		return nil, false
	}
	for i := len(o.Members) - 1; i >= 0; i-- {
		if o.Members[i].Key == key {
			return o.Members[i].Value, true
		}
	}
	return nil, false
}

// Object returns the object at a key, nil when there is none.
func (o *Object) Object(key string) *Object {
	value, _ := o.Get(key)
	object, _ := value.(*Object)
	return object
}

// List returns the array at a key, nil when there is none.
func (o *Object) List(key string) []any {
	value, _ := o.Get(key)
	list, _ := value.([]any)
	return list
}

// Text returns the string at a key, empty when there is none.
func (o *Object) Text(key string) string {
	value, _ := o.Get(key)
	text, _ := value.(string)
	return text
}

// True tells whether the key's value is true.
func (o *Object) True(key string) bool {
	value, _ := o.Get(key)
	b, _ := value.(bool)
	return b
}

// Repeated returns a key that comes more than once, if any.
func (o *Object) Repeated() (key string, ok bool) {
	seen := make(map[string]bool, len(o.Members))
	for _, m := range o.Members {
		if seen[m.Key] {
			return m.Key, true
		}
		seen[m.Key] = true
	}
	return "", false
}

// Float returns the number that a value is, as JavaScript would hold it.
func Float(value any) (f float64, ok bool) {
	switch value := value.(type) {
	case float64:
		return value, true
	case json.Number:
		return parseFloat(string(value)), true
	}
	return 0, false
}

// Int returns the whole number that a value is.
func Int(value any) (n int, ok bool) {
	f, ok := Float(value)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

func parseFloat(text string) float64 {
	switch text {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	f, _ := strconv.ParseFloat(text, 64) // an infinity where it is out of range, as in JavaScript
	return f
}

// Exact returns the number that a value is, without rounding. ok is false for what is none, and for one beyond the range of a
// float64.
func Exact(value any) (r *big.Rat, ok bool) {
	var text string
	switch value := value.(type) {
	case float64:
		text = strconv.FormatFloat(value, 'g', -1, 64)
	case json.Number:
		text = string(value)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	if math.Abs(f) < 1e-100 {
		return new(big.Rat), true // as good as zero; its exponent could take all memory
	}
	return new(big.Rat).SetString(text)
}
