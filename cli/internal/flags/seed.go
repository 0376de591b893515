package flags

import (
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
)

// Seed reads --seed. An empty text is no seed, and so is "random" where that may be said; both give nil.
func Seed(text string, mayBeRandom bool) (*uint64, error) {
	if text == "" || mayBeRandom && text == "random" {
		return nil, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err == nil:
		return &n, nil
	case mayBeRandom:
		return nil, exitcode.Usagef("--seed: %q is neither random nor a whole number from 0 to 18446744073709551615", text)
	}
	return nil, exitcode.Usagef("--seed: %q is not a whole number from 0 to 18446744073709551615", text)
}
