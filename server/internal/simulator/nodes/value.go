package nodes

import "image"

// canvas is a picture in memory.
type canvas = *image.RGBA

// Pictures is a batch of pictures of one size, or the frames of a video. They are painted when At is called.
type Pictures struct {
	Width, Height, Count int
	At                   func(i int) canvas // from 0 to Count-1; must not be changed
}

// Mask says where something is to change: at any size, opaque where it is.
type Mask struct {
	Width, Height int // its own; 0: none
	At            func(width, height int) *image.Alpha
}

// Latent stands for pictures, sound or a shape in latent space. Samplers give it content.
type Latent struct {
	Width, Height, Batch, Frames int // of pictures; a Frames of 0 is a single picture
	Pictures                     *Pictures
	Start                        *Pictures // the first frame of a video
	Mask                         *Mask

	Seconds float64 // of sound
	Sound   *Sound

	Resolution int // of a shape
	Shape      string
}

// Conditioning is an encoded text, perhaps with a picture to go by.
type Conditioning struct {
	Text      string
	Reference *Pictures
}

// Guider, Sigmas and Sampler are the parts of a sampler that is put together.
type (
	Guider struct {
		Conditioning
		Scale float64
	}
	Sigmas struct {
		Steps   int
		Denoise float64
	}
	Sampler string // its name
)

// Model is a model file, or several.
type Model string

// Sound is a melody.
type Sound struct {
	Words   string // equal words sound equal
	Seconds float64
}

// Video is a row of pictures, perhaps with sound.
type Video struct {
	Pictures Pictures
	FPS      float64
	Sound    *Sound
}

// Shape is a 3D model; equal words have equal shapes.
type Shape string
