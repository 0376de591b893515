package rpc

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// replacement stands where bytes were no text.
const replacement = "\uFFFD"

// mend makes all texts of a message valid UTF-8.
func mend(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.IsMap():
			mendMap(field, v.Map())
		case field.IsList():
			list := v.List()
			for i := range list.Len() {
				list.Set(i, mended(field, list.Get(i)))
			}
		default:
			if field.Kind() == protoreflect.StringKind || field.Message() != nil {
				m.Set(field, mended(field, v))
			}
		}
		return true
	})
}

func mendMap(field protoreflect.FieldDescriptor, entries protoreflect.Map) {
	var keys []protoreflect.MapKey
	entries.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		v := mended(field.MapValue(), entries.Get(key))
		entries.Clear(key)
		entries.Set(mended(field.MapKey(), key.Value()).MapKey(), v)
	}
}

// mended is a value of a field, or of an element of it.
func mended(field protoreflect.FieldDescriptor, v protoreflect.Value) protoreflect.Value {
	switch {
	case field.Kind() == protoreflect.StringKind:
		return protoreflect.ValueOfString(strings.ToValidUTF8(v.String(), replacement))
	case field.Message() != nil:
		mend(v.Message())
	}
	return v
}
