// Package media writes the files that the simulator's nodes save: animated WebP, FLAC, MP3, Opus, MP4, WebM and GLB, each valid, small,
// and with the graph that made it at the place where ComfyUI puts it. Pictures move and melodies differ; the videos are always
// the same two seconds, since nothing here encodes video.
package media
