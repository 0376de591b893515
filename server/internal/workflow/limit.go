package workflow

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
)

// exact reads a number without rounding. ok is false for what is none, and for one beyond the range of a float64.
func exact(n json.Number) (r *big.Rat, ok bool) {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	if math.Abs(f) < 1e-100 {
		return new(big.Rat), true // as good as zero; its exponent could take all memory
	}
	return new(big.Rat).SetString(string(n))
}

// floor is the largest whole number that is not above r.
func floor(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) }

// ceil is the smallest whole number that is not below r.
func ceil(r *big.Rat) *big.Int {
	n := floor(r)
	if !r.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return n
}

var (
	minInt64  = big.NewInt(math.MinInt64)
	maxInt64  = big.NewInt(math.MaxInt64)
	maxUint64 = new(big.Int).SetUint64(math.MaxUint64)
)

// span is a range of whole numbers, both ends included.
type span struct{ low, high *big.Int }

// narrow takes in one more pair of limits; empty ones are none.
func (s *span) narrow(minimum, maximum json.Number) {
	if r, ok := exact(minimum); ok {
		if n := ceil(r); n.Cmp(s.low) > 0 {
			s.low = n
		}
	}
	if r, ok := exact(maximum); ok {
		if n := floor(r); n.Cmp(s.high) < 0 {
			s.high = n
		}
	}
}

// grid is the whole numbers base, base ± step, base ± 2 step, ...
type grid struct{ base, step int64 }

func (g grid) has(n int64) bool { return (n-g.base)%g.step == 0 }

// largestStep keeps the search for a number on several grids short.
const largestStep = 1 << 16

// meet finds the numbers from low on that are on all grids: a first one and the distance to the next. ok is false when
// there are none, or no grids.
func meet(grids []grid, low int64) (first, step int64, ok bool) {
	if len(grids) == 0 {
		return 0, 0, false
	}
	step = 1
	for _, g := range grids {
		step = step / gcd(step, g.step) * g.step
		if step > largestStep {
			return 0, 0, false
		}
	}
search:
	for first = low; first < low+step; first++ {
		for _, g := range grids {
			if !g.has(first) {
				continue search
			}
		}
		return first, step, true
	}
	return 0, 0, false
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
