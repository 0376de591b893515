package nodes

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// loadVideo gives frames that depend on the file. What is in it stays unread: nothing here decodes video.
func loadVideo(c *Call) (Result, error) {
	_, state := c.Machine.InputFile(c.text("file"))
	spec := picture.Spec{Prompt: c.text("file"), Key: state, Width: media.ClipWidth, Height: media.ClipHeight}
	first := Pictures{Width: spec.Width, Height: spec.Height, Count: media.ClipFrames, At: func(int) canvas { return spec.Paint() }}
	frames := moving(spec, first, media.ClipFrames, nil)
	return values(Video{Pictures: frames, FPS: media.ClipFrames / media.ClipSeconds})
}

func videoComponents(c *Call) (Result, error) {
	video := get[Video](c, "video")
	sound := Sound{Words: c.Key, Seconds: media.ClipSeconds}
	if video.Sound != nil {
		sound = *video.Sound
	}
	if video.Pictures.At == nil {
		video.Pictures = plain(64, 64, 1, grey)
	}
	return values(video.Pictures, sound, video.FPS)
}

func createVideo(c *Call) (Result, error) {
	video := Video{Pictures: c.pictures("images"), FPS: c.number("fps", 30)}
	if sound, ok := get[any](c, "audio").(Sound); ok {
		video.Sound = &sound
	}
	return values(video)
}

// loadSound gives a melody that depends on the file.
func loadSound(c *Call) (Result, error) {
	_, state := c.Machine.InputFile(c.text("audio"))
	return values(Sound{Words: state, Seconds: 4})
}
