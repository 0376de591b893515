package learn

import "math"

// matrix is square and symmetric, row by row; its lower triangle counts.
type matrix struct {
	n int
	v []float64
}

func newMatrix(n int) matrix { return matrix{n, make([]float64, n*n)} }

// work is the room in which equations of one size are solved.
type work struct {
	root    matrix
	use     []int
	every   []int
	out     []bool
	x, part []float64
}

func newWork(n int) *work {
	w := &work{
		root: newMatrix(n),
		use:  make([]int, 0, n),
		out:  make([]bool, n),
		x:    make([]float64, n),
		part: make([]float64, n),
	}
	for j := range n {
		w.every = append(w.every, j)
	}
	return w
}

// factor makes l the lower triangle of Cholesky for the rows and columns of a in use, which rise; a is positive definite.
func (l *matrix) factor(a matrix, use []int) {
	l.n = len(use)
	for i, ui := range use {
		row := l.v[i*l.n : i*l.n+i+1]
		for j, uj := range use[:i+1] {
			s := a.v[ui*a.n+uj]
			other := l.v[j*l.n : j*l.n+j+1]
			for k := range j {
				s -= row[k] * other[k]
			}
			if i == j {
				row[i] = math.Sqrt(max(s, 1e-10*a.v[ui*a.n+ui], 1e-12))
			} else {
				row[j] = s / other[j]
			}
		}
	}
}

// forward solves l y = b in place, for the lower triangle l.
func (l *matrix) forward(b []float64) {
	for i := range b {
		row := l.v[i*l.n : i*l.n+i+1]
		for k := range i {
			b[i] -= row[k] * b[k]
		}
		b[i] /= row[i]
	}
}

// backward solves l' x = y in place.
func (l *matrix) backward(y []float64) {
	for i := len(y) - 1; i >= 0; i-- {
		for k := i + 1; k < len(y); k++ {
			y[i] -= l.v[k*l.n+i] * y[k]
		}
		y[i] /= l.v[i*l.n+i]
	}
}

// nonNegative solves a x = b for the x that is nearest by a's measure and has its first parts, up to bounded, not below zero.
// It drops what would be negative, the worst first, and takes back what would help. The answer lies in the room w.
func (a matrix) nonNegative(b []float64, bounded int, w *work) []float64 {
	clear(w.out)
	for range 3 * a.n {
		w.use = w.use[:0]
		for j := range a.n {
			if !w.out[j] {
				w.use = append(w.use, j)
			}
		}
		y := w.part[:len(w.use)]
		for i, j := range w.use {
			y[i] = b[j]
		}
		w.root.factor(a, w.use)
		w.root.forward(y)
		w.root.backward(y)
		clear(w.x)
		worst := -1
		for i, j := range w.use {
			w.x[j] = y[i]
			if j < bounded && y[i] < 0 && (worst < 0 || y[i] < w.x[worst]) {
				worst = j
			}
		}
		if worst >= 0 {
			w.out[worst] = true
			continue
		}
		back := a.missed(b, w)
		if back < 0 {
			return w.x
		}
		w.out[back] = false
	}
	for j := range bounded {
		w.x[j] = max(0, w.x[j])
	}
	return w.x
}

// missed finds the dropped part whose return would help most; -1: none.
func (a matrix) missed(b []float64, w *work) int {
	best, most := -1, 0.0
	for j := range a.n {
		if !w.out[j] {
			continue
		}
		g := b[j]
		for k, v := range w.x {
			g -= a.v[max(j, k)*a.n+min(j, k)] * v
		}
		if g > 1e-9*(math.Abs(b[j])+1) && g > most {
			best, most = j, g
		}
	}
	return best
}
