package form

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// integers narrows the range of whole numbers to what all fields take. ComfyUI itself does not insist on steps, so the graph's
// own value is right even off them.
func (in *Input) integers(specs []*objectinfo.Input, own any) {
	s := span{big.NewInt(math.MinInt64), big.NewInt(math.MaxInt64)}
	var grids []grid
	for _, spec := range numeric(specs) {
		s.narrow(sensible(spec.Min), sensible(spec.Max))
		if step, ok := jsontree.Int(spec.Step); ok && step > 1 {
			base, _ := jsontree.Int(spec.Min) // 0 when there is none
			grids = append(grids, grid{int64(base), int64(step)})
		}
	}
	s.narrow(in.Min, in.Max)
	in.Min, in.Max, in.Step = "", "", ""
	low := s.low.Int64()
	bounded := low > math.MinInt64
	if !bounded {
		low = 0
	}
	value, isNumber := own.(json.Number)
	at, err := value.Int64()
	if first, step, ok := meet(grids, low); ok && isNumber && err == nil && (grid{first, step}).has(at) {
		in.Step = json.Number(strconv.FormatInt(step, 10))
		low = first
	}
	if bounded {
		in.Min = json.Number(strconv.FormatInt(low, 10))
	}
	if high := s.high.Int64(); high < math.MaxInt64 {
		in.Max = json.Number(strconv.FormatInt(high, 10))
	}
}

// numbers narrows the range of numbers to what all fields take. The step is the widest: it is for people to walk by, not a rule.
func (in *Input) numbers(specs []*objectinfo.Input) {
	low, high := math.Inf(-1), math.Inf(1)
	narrow := func(minimum, maximum json.Number) {
		if v, err := minimum.Float64(); err == nil {
			low = max(low, v)
		}
		if v, err := maximum.Float64(); err == nil {
			high = min(high, v)
		}
	}
	for _, spec := range numeric(specs) {
		narrow(sensible(spec.Min), sensible(spec.Max))
		if step, ok := jsontree.Float(spec.Step); ok && step > 0 {
			if known, ok := jsontree.Float(in.Step); !ok || step > known {
				in.Step = spec.Step
			}
		}
	}
	narrow(in.Min, in.Max)
	in.Min, in.Max = "", ""
	if !math.IsInf(low, 0) {
		in.Min = plain(low)
	}
	if !math.IsInf(high, 0) {
		in.Max = plain(high)
	}
}

// seeds narrows the range of seeds to what all fields take, within 64 bits.
func (in *Input) seeds(specs []*objectinfo.Input) {
	s := span{new(big.Int), new(big.Int).SetUint64(math.MaxUint64)}
	for _, spec := range numeric(specs) {
		s.narrow(spec.Min, spec.Max)
	}
	s.narrow(in.Min, in.Max)
	if s.high.Cmp(s.low) < 0 {
		s.high = s.low
	}
	in.Min, in.Max, in.Step = json.Number(s.low.String()), json.Number(s.high.String()), ""
}

// numeric are those that take numbers.
func numeric(specs []*objectinfo.Input) (found []*objectinfo.Input) {
	for _, spec := range specs {
		if spec.Type == objectinfo.Int || spec.Type == objectinfo.Float {
			found = append(found, spec)
		}
	}
	return found
}

// sensible leaves out a limit that only says how large a number can be.
func sensible(n json.Number) json.Number {
	if f, ok := jsontree.Float(n); !ok || n == "" || math.Abs(f) >= 1<<53 {
		return ""
	}
	return n
}

// plain writes a number as people do.
func plain(f float64) json.Number {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return json.Number(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// floor is the largest whole number that is not above r.
func floor(r *big.Rat) *big.Int { return new(big.Int).Div(r.Num(), r.Denom()) }

// ceil is the smallest whole number that is not below r.
func ceil(r *big.Rat) *big.Int {
	n := floor(new(big.Rat).Neg(r))
	return n.Neg(n)
}

// span is a range of whole numbers, both ends included.
type span struct{ low, high *big.Int }

// narrow takes in one more pair of limits; empty ones are none.
func (s *span) narrow(minimum, maximum json.Number) {
	if r, ok := jsontree.Exact(minimum); ok {
		if n := ceil(r); n.Cmp(s.low) > 0 {
			s.low = n
		}
	}
	if r, ok := jsontree.Exact(maximum); ok {
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
