package editor

// setGet tells whether the node is one of the pair with which KJNodes' page hands values on by name. Without that
// extension they are classes that are missing.
func (c *converter) setGet(n *node) bool {
	return c.options.SetGet && (n.class == setNode || n.class == getNode) && c.options.Info.Class(n.class) == nil
}

// named follows a SetNode or GetNode. A SetNode hands its input on, whatever its mode; a GetNode takes what the first
// SetNode of its name has, in its own graph or the nearest one around it.
func (r *resolver) named(s *scope, n *node) (*source, error) {
	if n.class == setNode {
		if len(n.inputs) == 0 {
			return nil, nil
		}
		return r.input(s, n, n.inputs[0])
	}
	if n.mode == modeBypassed || len(n.values) == 0 {
		return nil, nil
	}
	for ; s != nil; s = s.parent {
		for _, other := range s.nodes {
			if other.class == setNode && len(other.values) > 0 && sameText(other.values[0], n.values[0]) {
				return r.output(s, other, 0)
			}
		}
	}
	return nil, nil
}
