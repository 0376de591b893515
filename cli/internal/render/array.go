package render

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// JSONArray writes the pages of a list as one object, like that of a single page: each thing as soon as it is there, so that
// a list of any length needs the memory of one page. What comes beside the things, such as the names of users, comes after
// them, each once. An object that was not ended is no JSON.
type JSONArray struct {
	// W is written to.
	W io.Writer

	begun, more bool
	beside      map[string][]json.RawMessage
	known       map[string]bool
}

// Add writes the things of one page, a message whose first list they are.
func (a *JSONArray) Add(page proto.Message) error {
	m := page.ProtoReflect()
	lists := listFields(m.Descriptor())
	if !a.begun {
		a.begun, a.beside, a.known = true, map[string][]json.RawMessage{}, map[string]bool{}
		if _, err := fmt.Fprintf(a.W, `{"%s":[`, lists[0].JSONName()); err != nil {
			return err
		}
	}
	for _, list := range lists[1:] {
		if err := a.keep(list.JSONName(), m.Get(list).List()); err != nil {
			return err
		}
	}
	things := m.Get(lists[0]).List()
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

// keep notes what comes beside the things.
func (a *JSONArray) keep(name string, list protoreflect.List) error {
	if a.beside[name] == nil {
		a.beside[name] = []json.RawMessage{} // an empty list is there, too
	}
	for i := range list.Len() {
		raw, err := RawJSON(list.Get(i).Message().Interface())
		if err != nil {
			return err
		}
		if key := name + string(raw); !a.known[key] {
			a.known[key] = true
			a.beside[name] = append(a.beside[name], raw)
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
	if _, err := fmt.Fprintf(a.W, `],"nextPageToken":%s`, token); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(a.beside)) {
		raw, err := json.Marshal(a.beside[name])
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.W, `,"%s":%s`, name, raw); err != nil {
			return err
		}
	}
	_, err = io.WriteString(a.W, "}\n")
	return err
}

// listFields are the lists of a page.
func listFields(page protoreflect.MessageDescriptor) (lists []protoreflect.FieldDescriptor) {
	fields := page.Fields()
	for i := range fields.Len() {
		if fields.Get(i).IsList() {
			lists = append(lists, fields.Get(i))
		}
	}
	if lists == nil {
		panic(page.FullName() + " is no page of a list")
	}
	return lists
}
