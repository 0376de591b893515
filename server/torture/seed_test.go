package torture_test

import (
	"flag"
	"math/rand/v2"
)

var seedFlag = flag.Uint64("torture.seed", 0, "seed of all choices (0: a new one)")

func chosenSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return rand.Uint64()
}

// derive is an independent source of choices for one of the actors.
func derive(seed, actor uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, actor)) }
