package editor

// expose notes that a field is shown on a host in the workflow itself.
func (c *converter) expose(key *shownKey, id, field string) {
	if key == nil {
		return
	}
	host := key.node
	definition := c.document.definition(host.class)
	in := definition.inputs[key.input]
	label := in.label
	if s := host.hostSocket(definition, key.input); s != nil && s.label != "" {
		label = s.label
	}
	title := host.title
	if title == "" {
		title = definition.name
	}
	c.show(*key, Shown{Node: host.id, NodeTitle: title, Name: in.name, Label: label}, Target{id, field})
}

// share notes that a field has its value from a PrimitiveNode.
func (c *converter) share(s *scope, primitive *node, id, field string) {
	if s.host != nil {
		return
	}
	name := field
	if len(primitive.outputs) > 0 && primitive.outputs[0].widget != "" {
		name = primitive.outputs[0].widget
	}
	title := primitive.title
	if title == primitiveNode {
		title = ""
	}
	c.show(shownKey{primitive, -1}, Shown{Node: primitive.id, NodeTitle: title, Name: name}, Target{id, field})
}

func (c *converter) show(key shownKey, what Shown, t Target) {
	at := c.shownAt[key]
	if at == nil {
		at = &what
		c.shownAt[key] = at
		c.shown = append(c.shown, at)
	}
	at.Targets = append(at.Targets, t)
}
