package simulator

import "slices"

// modelMemory holds models and what was compiled, from run to run.
type modelMemory struct {
	most   int      // model files; 0: any number
	models []string // files, those used last at the end
	shapes map[float64]bool
}

// load reports whether a model file has to be read, and keeps it: the one that was used longest ago makes room.
func (m *modelMemory) load(file string) (reads bool) {
	at := slices.Index(m.models, file)
	if at >= 0 {
		m.models = slices.Delete(m.models, at, at+1)
	}
	m.models = append(m.models, file)
	if m.most > 0 && len(m.models) > m.most {
		m.models = slices.Delete(m.models, 0, len(m.models)-m.most)
	}
	return at < 0
}

// compile reports whether something of a size was not worked on yet.
func (m *modelMemory) compile(size float64) (compiles bool) {
	compiles = !m.shapes[size]
	m.shapes[size] = true
	return compiles
}

func (m *modelMemory) clear() { m.models, m.shapes = nil, map[float64]bool{} }
