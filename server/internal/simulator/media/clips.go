package media

import (
	_ "embed"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// Text is a keyword and its value, kept in a file's metadata. Both must be ASCII.
type Text = picture.Text

var (
	//go:embed clip.mp4
	clipMP4 []byte
	//go:embed clip.webm
	clipWebM []byte
	//go:embed tone.mp3
	toneMP3 []byte
	//go:embed tone.opus
	toneOpus []byte
)

// ClipSeconds is the length of every video, ClipFrames the number of its pictures, ClipWidth and ClipHeight their size.
const (
	ClipSeconds = 2
	ClipFrames  = 48
	ClipWidth   = 320
	ClipHeight  = 192
)
