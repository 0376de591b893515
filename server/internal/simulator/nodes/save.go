package nodes

import (
	"image"
	"math/rand/v2"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// show saves files and returns how they are shown under a name.
func (c *Call) show(name string, file File, encode func(i int, texts []media.Text) ([]byte, error)) (Result, error) {
	files, err := c.Machine.Save(file, encode)
	if err != nil || files == nil {
		return Result{}, err
	}
	return Result{Shown: map[string]any{name: files}}, nil
}

// temporary puts a file into the temp folder, under a random name.
func temporary(file File) File {
	infix := make([]byte, 5)
	for i := range infix {
		infix[i] = "abcdefghijklmnopqrstupvxyz"[rand.IntN(26)]
	}
	file.Temporary, file.Prefix = true, "ComfyUI_temp_"+string(infix)
	return file
}

func saveImage(c *Call) (Result, error) {
	return c.savePictures(File{Prefix: c.text("filename_prefix")})
}

func previewImage(c *Call) (Result, error) { return c.savePictures(temporary(File{})) }

func (c *Call) savePictures(file File) (Result, error) {
	pictures := c.pictures("images")
	file.Extension, file.Width, file.Height, file.Count = ".png", pictures.Width, pictures.Height, pictures.Count
	return c.show("images", file, func(i int, texts []media.Text) ([]byte, error) {
		return picture.EncodePNG(c.Machine.Finish(pictures.At(i)), texts)
	})
}

func saveAnimation(c *Call) (Result, error) {
	pictures := c.pictures("images")
	file := File{Prefix: c.text("filename_prefix"), Extension: ".webp", Width: pictures.Width, Height: pictures.Height, Count: 1}
	result, err := c.show("images", file, func(_ int, texts []media.Text) ([]byte, error) {
		var frames []image.Image
		for i := range pictures.Count {
			frames = append(frames, c.Machine.Finish(pictures.At(i)))
		}
		return media.AnimatedWebP(frames, c.number("fps", 6), texts)
	})
	if result.Shown != nil {
		result.Shown["animated"] = []bool{pictures.Count > 1}
	}
	return result, err
}

func saveVideo(c *Call) (Result, error) {
	pictures, write, extension := c.pictures("images"), media.WebM, ".webm"
	if c.Class.Name == "SaveVideo" {
		pictures = get[Video](c, "video").Pictures
		if c.text("format") != "webm" {
			write, extension = media.MP4, ".mp4"
		}
	}
	c.Machine.Decode(megapixels(pictures.Width, pictures.Height, pictures.Count) / 4)
	file := File{Prefix: c.text("filename_prefix"), Extension: extension, Width: pictures.Width, Height: pictures.Height, Count: 1}
	result, err := c.show("images", file, func(_ int, texts []media.Text) ([]byte, error) { return write(texts), nil })
	if result.Shown != nil {
		result.Shown["animated"] = []bool{true}
	}
	return result, err
}

func saveSound(c *Call) (Result, error) {
	sound := get[Sound](c, "audio")
	file := File{Prefix: c.text("filename_prefix"), Extension: ".flac", Count: 1}
	switch c.Class.Name {
	case "PreviewAudio":
		file = temporary(file)
	case "SaveAudioMP3":
		file.Extension = ".mp3"
	case "SaveAudioOpus":
		file.Extension = ".opus"
	}
	return c.show("audio", file, func(_ int, texts []media.Text) ([]byte, error) {
		switch file.Extension {
		case ".mp3":
			return media.MP3(sound.Seconds, texts), nil
		case ".opus":
			return media.Opus(texts), nil
		}
		return media.FLAC(media.Melody(sound.Words, sound.Seconds), texts), nil
	})
}

func saveShape(c *Call) (Result, error) {
	file := File{Prefix: c.text("filename_prefix"), Extension: ".glb", Count: 1}
	return c.show("3d", file, func(_ int, texts []media.Text) ([]byte, error) {
		return media.GLB(string(get[Shape](c, "mesh")), texts)
	})
}
