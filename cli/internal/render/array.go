package render

import (
	"encoding/json"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// JSONArray writes the pages of a list as one object, like that of a single page: each thing as soon as it is there, so that
// a list of any length needs the memory of one page. An object that was not ended is no JSON.
type JSONArray struct {
	// W is written to.
	W io.Writer

	begun, more bool
}

// Add writes the things of one page, a message with one list.
func (a *JSONArray) Add(page proto.Message) error {
	m := page.ProtoReflect()
	list := listField(m.Descriptor())
	if !a.begun {
		a.begun = true
		if _, err := fmt.Fprintf(a.W, `{"%s":[`, list.JSONName()); err != nil {
			return err
		}
	}
	things := m.Get(list).List()
	for i := range things.Len() {
		raw, err := RawJSON(things.Get(i).Message().Interface())
		if err != nil {
			return err
		}
		if a.more {
			raw = append(json.RawMessage{','}, raw...)
		}
		a.more = true
		if _, err := a.W.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

// End ends the object with the token of the page after it; empty when there is none.
func (a *JSONArray) End(next string) error {
	token, err := json.Marshal(next)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.W, "],\"nextPageToken\":%s}\n", token)
	return err
}

// listField is the list of a page.
func listField(page protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	fields := page.Fields()
	for i := range fields.Len() {
		if fields.Get(i).IsList() {
			return fields.Get(i)
		}
	}
	panic(page.FullName() + " is no page of a list")
}
