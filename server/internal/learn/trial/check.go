package trial

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

func (l *Law) check() error {
	for name, r := range map[string]Range{"steps": l.Steps, "batch": l.Batch, "frames": l.Frames} {
		if err := r.check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for name, r := range l.Numbers {
		if err := r.check(); err != nil {
			return fmt.Errorf("numbers: %s: %w", name, err)
		}
	}
	for _, s := range l.Sizes {
		if !(s[0] >= 1 && s[1] >= 1 && s[0]*s[1] <= 1e10) {
			return fmt.Errorf("sizes: %g x %g is no size", s[0], s[1])
		}
	}
	for name, values := range l.Choices {
		for value, share := range values {
			if !(share > 0 && share < 1e9) {
				return fmt.Errorf("choices: %s: %s: its share must be above 0", name, value)
			}
		}
		if len(values) == 0 {
			return fmt.Errorf("choices: %s: it has no values", name)
		}
	}
	if _, known := l.Choices[l.Models]; l.Models != "" && !known {
		return fmt.Errorf("models: there is no choice %q", l.Models)
	}
	for name, share := range map[string]float64{
		"cold":           l.Cold,
		"restarts":       l.Restarts,
		"cached":         l.Cached,
		"noise.outliers": l.Noise.Outliers,
	} {
		if !(share >= 0 && share < 1) {
			return fmt.Errorf("%s: a share is at least 0 and below 1", name)
		}
	}
	if n := l.Noise; !(n.Spread >= 0 && n.Spread <= 1 && n.QuantumMS >= 0 && n.OutlierFrom <= n.OutlierTo && n.OutlierFrom >= 0) {
		return errors.New("noise: spread is from 0 to 1, quantum_ms not negative, outlier_from not above outlier_to")
	}
	return l.checkTerms()
}

func (l *Law) checkTerms() error {
	names := map[string]bool{}
	warm := false
	for i, t := range l.Terms {
		at := fmt.Sprintf("terms[%d] %q", i, t.Name)
		names[t.Name] = true
		warm = warm || t.When == "" && t.MS > 0
		if !slices.Contains([]string{"", "cold", "new_shape"}, t.When) {
			return fmt.Errorf(`%s: when is "cold", "new_shape" or left out, not %q`, at, t.When)
		}
		if !(t.MS >= 0 && t.MS <= 1e9) {
			return fmt.Errorf("%s: ms is from 0 to 1e9", at)
		}
		for _, power := range slices.Concat([]float64{t.Steps, t.Pixels, t.Frames, t.Batch}, slices.Collect(maps.Values(t.Numbers))) {
			if !(power >= -3 && power <= 3) {
				return fmt.Errorf("%s: powers are from -3 to 3", at)
			}
		}
		for name := range t.Numbers {
			if _, known := l.Numbers[name]; !known {
				return fmt.Errorf("%s: there is no number %q", at, name)
			}
		}
		for name, factors := range t.Factors {
			for value, f := range factors {
				if _, known := l.Choices[name][value]; !known || !(f >= 0 && f <= 1000) {
					return fmt.Errorf("%s: factors: there is no choice %s=%s, or its factor is not from 0 to 1000", at, name, value)
				}
			}
		}
	}
	if !warm {
		return errors.New("terms: at least one must take time in every run")
	}
	for i, c := range l.Changes {
		if !(c.Factor > 0 && c.Factor <= 100) || c.After < 1 {
			return fmt.Errorf("changes[%d]: factor is above 0, at most 100, and after at least 1", i)
		}
		for _, name := range c.Terms {
			if !names[name] {
				return fmt.Errorf("changes[%d]: there is no term %q", i, name)
			}
		}
	}
	return nil
}

func (r Range) check() error {
	for _, v := range r.Values {
		if !(v > 0 && v <= 1e6) {
			return fmt.Errorf("%g is not above 0 and at most 1e6", v)
		}
	}
	if len(r.Values) == 0 && !(r.From > 0 && r.To >= r.From && r.To <= 1e6) {
		return fmt.Errorf("it needs values, or from above 0 and to not below it")
	}
	return nil
}
