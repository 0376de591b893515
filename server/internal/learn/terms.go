package learn

import "math"

// The columns of a law: what a run costs once, what a step costs, and what comes on top.
const (
	once        = iota // whatever the values
	onceWork           // decoding, saving
	step               // whatever the size
	stepPicture        // linear in pixels and frames, whatever the batch
	stepWork           // linear in what a step works on
	stepPower          // worse than linear
	compile            // a new shape
	fixed              // the first column of loads, one for each models
)

// shares of the parts of a typical run, as they are believed before anything is known, and how firmly.
var shares = [fixed]struct{ mean, spread float64 }{
	once:        {.08, .3},
	onceWork:    {.05, .15},
	step:        {.07, .25},
	stepPicture: {0, .2},
	stepWork:    {.65, .6},
	stepPower:   {.15, .4},
	compile:     {0, 3},
}

const loadSpread = 10.0 // of a load, in typical runs

// shape is a way in which the time of a step may grow worse than linearly.
type shape struct {
	power    float64
	over     int     // which of the sizes it is a power of
	prior    float64 // how likely it is before anything is known
	pictures bool    // a part of each step may be the same whatever the batch
	adds     bool    // choices and numbers may add something, beside that they stretch steps
}

const (
	overPicture = iota // pixels: frames and batch are so many pictures
	overVideo          // pixels and frames: a batch is so many videos
	overAll
)

var possible = []shape{
	{1, overAll, .25, false, false},
	{1.25, overPicture, .04, false, false},
	{1.5, overPicture, .05, false, false},
	{1.75, overPicture, .03, false, false},
	{2, overPicture, .07, false, false},
	{1.25, overVideo, .08, false, false},
	{1.5, overVideo, .1, false, false},
	{1.75, overVideo, .06, false, false},
	{2, overVideo, .14, false, false},
	{1.25, overAll, .05, false, false},
	{1.5, overAll, .06, false, false},
	{1.75, overAll, .03, false, false},
	{2, overAll, .04, false, false},
}

// grow gives the worse than linear part of sizes that are told by their logarithms, relative to a typical run.
func (s shape) grow(logs [4]float64) float64 {
	switch s.over {
	case overPicture:
		return power(s.power*logs[pixels] + logs[frames] + logs[batch])
	case overVideo:
		return power(s.power*(logs[pixels]+logs[frames]) + logs[batch])
	default:
		return power(s.power * (logs[pixels] + logs[frames] + logs[batch]))
	}
}

// power is e to the power of log, within what can be reckoned with.
func power(log float64) float64 { return math.Exp(max(-mostLog, min(mostLog, log))) }

const mostLog = 14

// same says that runs in which some sizes never vary cannot tell s from another shape, which stands for both.
func (s shape) same(batches, videos bool) bool {
	return s.over == overAll && !batches && s.power > 1 || s.over == overPicture && !videos
}

// relative gives the logarithms of a sample's sizes relative to a typical run.
func relative(s *sample, typical [4]float64) (logs [4]float64) {
	for i, v := range s.Size {
		logs[i] = math.Log(v) - typical[i]
	}
	return logs
}
