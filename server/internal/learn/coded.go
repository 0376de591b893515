package learn

// coded is a sample as the columns see it, relative to a typical run.
type coded struct {
	logs    [4]float64
	steps   float64
	work    float64
	picture float64 // work without the batch; 0 where the batch never varies
	grown   float64 // work, worse than linearly, by the shape at hand
	took    float64 // the time, and its logarithm; of samples only
	log     float64
	doubt   float64
	age     float64 // weight for being old
	load    int     // column; 0: none
	old     int     // column; 0: it is not
	compile bool
	effects [maxEffects]effect
	n       int // of effects
	strange int // choices that were never seen
}

// effect of a choice or number: it adds by x the value of its column, or stretches steps by e to that power.
type effect struct {
	at   int
	by   float64
	adds bool
}

const maxEffects = 3*maxChoices + 3*maxNumbers

func (c *coded) effect(e effect) {
	c.effects[c.n] = e
	c.n++
}

// code tells the law's columns of a sample.
func (l *law) code(s *sample) coded {
	c := coded{logs: relative(s, l.typical), compile: s.NewShape}
	c.steps, c.work = power(c.logs[steps]), power(c.logs[pixels]+c.logs[frames]+c.logs[batch])
	if l.varies(batch) {
		c.picture = power(c.logs[pixels] + c.logs[frames])
	}
	if s.Cold {
		c.load = l.columns.loads[s.Models]
	}
	for _, level := range s.Levels {
		at, known := l.columns.levels[level]
		if !known {
			c.strange++
		}
		if at > 0 {
			c.effect(effect{at, 1, false})
		}
		if at := l.columns.adds[level]; at > 0 {
			c.effect(effect{at, 1, true})
			c.effect(effect{at + 1, c.work, true})
		}
	}
	for _, n := range s.Numbers {
		log := n.Log - l.columns.centre[n.Name]
		if at := l.columns.numbers[n.Name]; at > 0 {
			c.effect(effect{at, log, false})
		}
		if at := l.columns.adds[n.Name]; at > 0 {
			c.effect(effect{at, power(log), true})
			c.effect(effect{at + 1, power(log) * c.work, true})
		}
	}
	return c
}

// row fills x, one value for each column, so that x times the values is the time of the run in typical runs as far as it is
// linear; it gives the time of the steps, and all of it.
func (f *fit) row(c *coded, x []float64) (stepping, all float64) {
	clear(x)
	x[once], x[onceWork] = 1, c.work
	n := c.steps * c.stretch(f.value)
	x[step], x[stepPicture], x[stepWork], x[stepPower] = n, n*c.picture, n*c.work, n*c.grown
	if c.compile {
		x[compile] = 1
	}
	for j := range fixed {
		all += x[j] * f.value[j]
	}
	if c.load > 0 {
		x[c.load] = 1
		all += f.value[c.load]
	}
	for j := step; j <= stepPower; j++ {
		stepping += x[j] * f.value[j]
	}
	for i := range c.effects[:c.n] {
		if e := &c.effects[i]; e.adds {
			x[e.at] = e.by
			all += e.by * f.value[e.at]
		} else {
			x[e.at] = stepping * e.by
		}
	}
	if c.old > 0 {
		x[c.old], x[c.old+1] = all, stepping
		times := power(f.value[c.old])
		for j := range x {
			x[j] *= times
		}
		stepping, all = stepping*times, all*times
	}
	return stepping, all
}

// stretch gives by how much choices and numbers stretch a step.
func (c *coded) stretch(value []float64) float64 {
	sum, any := 0.0, false
	for i := range c.effects[:c.n] {
		if e := &c.effects[i]; !e.adds {
			sum, any = sum+value[e.at]*e.by, true
		}
	}
	if c.old > 0 {
		sum, any = sum+value[c.old+1], true
	}
	if !any {
		return 1
	}
	return power(sum)
}
