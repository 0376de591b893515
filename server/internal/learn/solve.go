package learn

import "math"

// matrix is square and symmetric, row by row.
type matrix struct {
	n int
	v []float64
}

func newMatrix(n int) matrix { return matrix{n, make([]float64, n*n)} }

func (a matrix) at(i, j int) float64 { return a.v[i*a.n+j] }

// factor gives the lower triangle of Cholesky for the rows and columns of a in use; a is positive definite.
func (a matrix) factor(use []int) matrix {
	l := newMatrix(len(use))
	for i, ui := range use {
		for j, uj := range use[:i+1] {
			s := a.at(ui, uj)
			for k := range j {
				s -= l.v[i*l.n+k] * l.v[j*l.n+k]
			}
			if i == j {
				l.v[i*l.n+i] = math.Sqrt(math.Max(s, 1e-12))
			} else {
				l.v[i*l.n+j] = s / l.v[j*l.n+j]
			}
		}
	}
	return l
}

// forward solves l y = b in place, for the lower triangle l.
func (l matrix) forward(b []float64) {
	for i := range b {
		for k := range i {
			b[i] -= l.v[i*l.n+k] * b[k]
		}
		b[i] /= l.v[i*l.n+i]
	}
}

// backward solves l' x = y in place.
func (l matrix) backward(y []float64) {
	for i := len(y) - 1; i >= 0; i-- {
		for k := i + 1; k < len(y); k++ {
			y[i] -= l.v[k*l.n+i] * y[k]
		}
		y[i] /= l.v[i*l.n+i]
	}
}

// nonNegative solves a x = b for the x that is nearest by a's measure and has its first parts, up to bounded, not below zero.
// It drops what would be negative, the worst first, and takes back what would help.
func (a matrix) nonNegative(b []float64, bounded int) []float64 {
	x := make([]float64, a.n)
	out := make([]bool, a.n)
	part := make([]float64, a.n)
	for range 3 * a.n {
		var use []int
		for j := range a.n {
			if !out[j] {
				use = append(use, j)
			}
		}
		y := part[:len(use)]
		for i, j := range use {
			y[i] = b[j]
		}
		l := a.factor(use)
		l.forward(y)
		l.backward(y)
		clear(x)
		for i, j := range use {
			x[j] = y[i]
		}
		worst := -1
		for j := range bounded {
			if x[j] < 0 && (worst < 0 || x[j] < x[worst]) {
				worst = j
			}
		}
		if worst >= 0 {
			out[worst] = true
			continue
		}
		back := a.missed(b, x, out)
		if back < 0 {
			return x
		}
		out[back] = false
	}
	for j := range bounded {
		x[j] = math.Max(0, x[j])
	}
	return x
}

// missed finds the dropped part whose return would help most; -1: none.
func (a matrix) missed(b, x []float64, out []bool) int {
	best, most := -1, 0.0
	for j := range a.n {
		if !out[j] {
			continue
		}
		g := b[j]
		for k := range a.n {
			g -= a.at(j, k) * x[k]
		}
		if g > 1e-9*(math.Abs(b[j])+1) && g > most {
			best, most = j, g
		}
	}
	return best
}
