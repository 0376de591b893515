package objectinfo

import (
	"encoding/json"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

func class(name string, body *jsontree.Object) *Class {
	c := &Class{
		Name:        name,
		DisplayName: body.Text("display_name"),
		Description: body.Text("description"),
		Module:      body.Text("python_module"),
		Output:      body.True("output_node"),
		Partner:     body.True("api_node"),
		Inputs:      inputs(body.Object("input"), body.Object("input_order")),
	}
	for _, in := range c.Inputs {
		if in.Type == Int && (in.Name == "seed" || in.Name == "noise_seed") {
			in.Control = true
		}
	}
	names := body.List("output_name")
	for i, t := range body.List("output") {
		output := Output{Type: "COMBO"} // a list of choices
		if text, ok := t.(string); ok {
			output.Type = text
		}
		if i < len(names) {
			output.Name, _ = names[i].(string)
		}
		c.Outputs = append(c.Outputs, output)
	}
	return c
}

// inputs are the required ones, then the optional ones, each in the order that the page shows.
func inputs(groups, order *jsontree.Object) (all []*Input) {
	for _, group := range []string{"required", "optional"} {
		members := groups.Object(group)
		if members == nil {
			continue
		}
		listed := map[string]bool{}
		add := func(name string) {
			spec, ok := members.Get(name)
			if ok && !listed[name] {
				listed[name] = true
				all = append(all, input(name, spec, group == "required"))
			}
		}
		for _, name := range order.List(group) {
			if text, ok := name.(string); ok {
				add(text)
			}
		}
		for _, m := range members.Members {
			add(m.Key)
		}
	}
	return all
}

func input(name string, spec any, required bool) *Input {
	in := &Input{Name: name, Required: required}
	pair, _ := spec.([]any)
	var options *jsontree.Object
	if len(pair) > 1 {
		options, _ = pair[1].(*jsontree.Object)
	}
	if len(pair) > 0 {
		switch t := pair[0].(type) {
		case string:
			in.Type = t
		case []any:
			in.Type, in.Choices = Combo, t
		}
	}
	in.describe(options)
	in.Widget = in.widget(options)
	return in
}

func (in *Input) describe(o *jsontree.Object) {
	in.Label, in.Help = o.Text("display_name"), o.Text("tooltip")
	in.Default, in.HasDefault = o.Get("default")
	in.Min, in.Max, in.Step, in.Round = number(o, "min"), number(o, "max"), number(o, "step"), number(o, "round")
	in.Multiline, in.DynamicPrompt = o.True("multiline"), o.True("dynamicPrompts")
	in.Advanced, in.Hidden, in.ForceInput, in.MultiSelect = o.True("advanced"), o.True("hidden"), o.True("forceInput"), o.True("multiselect")
	if remote := o.Object("remote"); remote != nil {
		_, control := remote.Get("control_after_refresh")
		in.Remote, in.RemoteRefresh, in.RemoteControl = true, remote.True("refresh_button"), control
	}
	control, ok := o.Get("control_after_generate")
	in.Control = ok && control != false && control != nil
	for _, upload := range []Upload{ImageUpload, VideoUpload, AudioUpload, FileUpload} {
		if o.True(string(upload) + "_upload") {
			in.Upload = upload
		}
	}
	if in.Type == Combo && in.Choices == nil {
		in.Choices = o.List("options")
	}
	switch in.Type {
	case DynamicCombo:
		in.Options = dynamicOptions(o.List("options"))
	case autogrowType:
		in.Autogrow = autogrow(o.Object("template"))
	}
}

func (in *Input) widget(o *jsontree.Object) string {
	kind := in.Type
	if named := o.Text("widgetType"); named != "" {
		kind = named
	}
	if in.ForceInput || !widgets[kind] {
		return ""
	}
	return kind
}

func number(o *jsontree.Object, key string) json.Number {
	value, _ := o.Get(key)
	n, _ := value.(json.Number)
	return n
}

func dynamicOptions(list []any) (options []Option) {
	for _, value := range list {
		o, ok := value.(*jsontree.Object)
		if !ok {
			continue
		}
		options = append(options, Option{Key: o.Text("key"), Inputs: inputs(o.Object("inputs"), nil)})
	}
	return options
}

func autogrow(template *jsontree.Object) *Autogrow {
	a := &Autogrow{Prefix: template.Text("prefix")}
	for _, name := range template.List("names") {
		if text, ok := name.(string); ok {
			a.Names = append(a.Names, text)
		}
	}
	if each := inputs(template.Object("input"), nil); len(each) > 0 {
		a.Input = each[0]
	}
	return a
}

func find(all []*Input, path, name string) *Input {
	for _, in := range all {
		full := path + in.Name
		if full == name {
			return in
		}
		if !strings.HasPrefix(name, full+".") {
			continue
		}
		if in.Autogrow != nil {
			return in.Autogrow.Input
		}
		for _, option := range in.Options {
			if found := find(option.Inputs, full+".", name); found != nil {
				return found
			}
		}
	}
	return nil
}

// Option returns the option with a key, nil when there is none.
func (in *Input) Option(key string) *Option {
	for i := range in.Options {
		if in.Options[i].Key == key {
			return &in.Options[i]
		}
	}
	return nil
}
