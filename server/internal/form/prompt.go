package form

import (
	"math"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// prompts finds the text that says what to make, and the one that says what not to: what reaches the positive and the
// negative input of a sampler, through whatever joins or replaces texts; else what a node asks for as its prompt; else the
// text that somebody would write.
func (d *detector) prompts() {
	t := &tracer{detector: d, seen: map[visit]bool{}, found: map[Role]map[*field]int{Prompt: {}, NegativePrompt: {}}}
	t.samplers(true)
	if len(t.found[Prompt]) == 0 {
		t.samplers(false)
	}
	if len(t.found[Prompt]) == 0 {
		t.byName()
	}
	if len(t.found[Prompt]) == 0 {
		t.anyText()
	}
	prompt := t.best(Prompt, nil)
	t.best(NegativePrompt, prompt)
}

type tracer struct {
	*detector
	seen  map[visit]bool
	found map[Role]map[*field]int // with the distance to where they are needed
}

type visit struct {
	link graph.Link
	role Role
}

// samplers begins at the inputs for conditioning of nodes that give none on: of those that make something, or of all.
func (t *tracer) samplers(makers bool) {
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		class := t.info.Class(n.Class)
		if t.live[n.ID] == 0 || class == nil || gives(class, "CONDITIONING") {
			continue
		}
		if makers && !gives(class, "LATENT") && !gives(class, "GUIDER") {
			continue
		}
		for _, in := range n.Inputs {
			// The second of a guider with three is the negative one once more, with other pictures.
			if link, ok := in.Value.(graph.Link); ok && in.Name != "cond2" && t.outputType(link) == "CONDITIONING" {
				t.conditioning(link, roleOf(in.Name, Prompt), 0)
			}
		}
	}
}

func gives(class *objectinfo.Class, kind string) bool {
	for _, out := range class.Outputs {
		if out.Type == kind {
			return true
		}
	}
	return false
}

// roleOf is the role by the name of an input.
func roleOf(name string, otherwise Role) Role {
	lower := strings.ToLower(name)
	if strings.Contains(lower, "negative") || lower == "neg" {
		return NegativePrompt
	}
	return otherwise
}

// conditioning follows what a sampler is told back to the texts.
func (t *tracer) conditioning(link graph.Link, role Role, distance int) {
	n := t.graph.Node(link.Node)
	if n == nil || t.seen[visit{link, role}] {
		return
	}
	t.seen[visit{link, role}] = true
	if role == NegativePrompt && strings.Contains(n.Class, "ZeroOut") {
		return // it says nothing, whatever it is made of
	}
	_, positive := n.Input("positive")
	_, negative := n.Input("negative")
	followed := false
	for _, in := range n.Inputs {
		from, ok := in.Value.(graph.Link)
		if !ok || t.outputType(from) != "CONDITIONING" {
			continue
		}
		followed = true
		if positive && negative && (in.Name == "positive" || in.Name == "negative") && in.Name != t.side(n, link.Slot) {
			continue
		}
		t.conditioning(from, role, distance+1)
	}
	if !followed {
		t.texts(n, role, distance)
	}
}

// side is which of the two kinds an output of a node hands on.
func (t *tracer) side(n *graph.Node, slot int) string {
	if class := t.info.Class(n.Class); class != nil && slot < len(class.Outputs) {
		if name := strings.ToLower(class.Outputs[slot].Name); name == "positive" || name == "negative" {
			return name
		}
	}
	if slot == 1 {
		return "negative"
	}
	return "positive"
}

// texts notes the texts that a node takes, and follows those that come from elsewhere.
func (t *tracer) texts(n *graph.Node, role Role, distance int) {
	for _, in := range n.Inputs {
		if notPrompt(in.Name) {
			continue
		}
		own := roleOf(in.Name, role)
		if link, ok := in.Value.(graph.Link); ok {
			if t.carriesText(link) {
				t.text(link, own, distance+1)
			}
			continue
		}
		f := t.at[editor.Target{Node: n.ID, Field: in.Name}]
		if f != nil && kindOf(f) == Text {
			t.note(f, own, distance)
		}
	}
}

func (t *tracer) note(f *field, role Role, distance int) {
	if known, ok := t.found[role][f]; !ok || distance < known {
		t.found[role][f] = distance
	}
}

// text follows a text to where it comes from.
func (t *tracer) text(link graph.Link, role Role, distance int) {
	n := t.graph.Node(link.Node)
	if n == nil || t.seen[visit{link, role}] {
		return
	}
	t.seen[visit{link, role}] = true
	t.texts(n, role, distance)
}

// carriesText tells whether a link can be one for text: by the type of its output, or one that takes any.
func (t *tracer) carriesText(link graph.Link) bool {
	kind := t.outputType(link)
	return kind == "" || kind == "*" || strings.Contains(kind, "STRING") || strings.Contains(kind, "MATCHTYPE")
}

// notPrompt are the names of texts beside a prompt.
func notPrompt(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "system_prompt", "system_instruction", "delimiter", "find", "regex_pattern", "expression", "filename_prefix", "url", "path",
		"language", "voice", "model", "sigmas":
		return true
	}
	return false
}

// promptNames are names of the text that a node without a sampler asks for, with how sure that is.
var promptNames = map[string]int{
	"prompt":          0,
	"positive_prompt": 0,
	"text_prompt":     0,
	"prompt_text":     0,
	"text":            2,
	"tags":            2,
	"description":     3,
	"caption":         3,
	"instruction":     3,
	"instructions":    3,
}

func (t *tracer) byName() {
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		class := t.info.Class(n.Class)
		if t.live[n.ID] == 0 || class != nil && class.Output && strings.HasPrefix(n.Class, "Save") {
			continue
		}
		for _, in := range n.Inputs {
			last := strings.ToLower(in.Name[strings.LastIndexByte(in.Name, '.')+1:])
			unsure, known := promptNames[last]
			role := Prompt
			if last == "negative_prompt" {
				known, role = true, NegativePrompt
			}
			if !known {
				continue
			}
			distance := 10*unsure + t.live[n.ID]
			if link, ok := in.Value.(graph.Link); ok {
				t.text(link, role, distance)
				continue
			}
			if f := t.at[editor.Target{Node: n.ID, Field: in.Name}]; f != nil && kindOf(f) == Text {
				t.note(f, role, distance)
			}
		}
	}
}

// anyText takes texts of more than one line that look like something for people.
func (t *tracer) anyText() {
	for _, f := range t.fields {
		_, named := promptNames[f.name]
		named = named || strings.HasSuffix(f.name, "prompt") || primitive(f.node)
		multiline := f.spec == nil || f.spec.Multiline
		if kindOf(f) == Text && named && multiline && !notPrompt(f.name) && !withheld(f) {
			t.note(f, Prompt, t.live[f.node.ID])
		}
	}
}

// best gives the role to the likeliest of the texts that were found, other than one that has a role already.
func (t *tracer) best(role Role, taken *field) *field {
	var best *field
	bestScore := math.MinInt
	for _, f := range t.fields {
		distance, ok := t.found[role][f]
		if !ok || f == taken {
			continue
		}
		if _, positive := t.found[Prompt][f]; positive && role == NegativePrompt {
			continue // what is said on both sides is no wish to avoid it
		}
		if score := t.score(f, role) - distance; score > bestScore {
			best, bestScore = f, score
		}
	}
	if best != nil {
		best.role = role
	}
	return best
}

// score rates how likely a text is the one that people write.
func (t *tracer) score(f *field, role Role) (score int) {
	switch {
	case f.app > 0:
		score += 150
	case f.shown > 0:
		score += 100
	}
	words := strings.ToLower(f.node.Title + " " + f.label)
	if strings.Contains(words, "prompt") {
		score += 20
	}
	if role == Prompt && (strings.Contains(words, "negative") || strings.Contains(words, "system")) {
		score -= 80
	}
	if _, negative := t.found[NegativePrompt][f]; negative && role == Prompt {
		score -= 50 // it reaches both sides
	}
	if primitive(f.node) {
		score += 25
	}
	if f.spec != nil && f.spec.Multiline {
		score += 10
	}
	if strings.Contains(strings.ToLower(f.name), "prompt") || f.name == "text" || f.name == "tags" {
		score += 10
	}
	for _, in := range f.node.Inputs {
		if link, ok := in.Value.(graph.Link); ok && t.carriesText(link) && t.outputType(link) != "" {
			score -= 15 // it is put together with another
			break
		}
	}
	text, _ := f.value.(string)
	find, _ := f.node.Input("find")
	if part, ok := find.(string); ok && part != "" && strings.Contains(text, part) {
		score -= 60 // another text is put in
	}
	if strings.Contains(text, "{prompt}") || strings.HasPrefix(text, "<s>") || strings.HasPrefix(text, "You are ") {
		score -= 60 // a frame around a prompt
	}
	if strings.TrimSpace(text) == "" {
		score -= 3
	}
	return score
}
