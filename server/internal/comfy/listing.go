package comfy

import (
	"slices"
	"strings"
)

// listing collects a run's outputs up to a limit. Those beyond it are counted, and a last text says how many there were.
type listing struct {
	files   []File
	results int             // of the files
	seen    map[string]bool // paths of results
	texts   []Text
	size    int // of the texts, in bytes

	moreFiles, moreTexts int
}

// add takes in what a node put out.
func (l *listing) add(files []File, texts []Text) {
	for _, f := range files {
		l.addFile(f)
	}
	for _, t := range texts {
		l.addText(t)
	}
}

// addFile keeps each result once. Files in other folders are counted apart, so that they leave results their room.
func (l *listing) addFile(f File) {
	path := f.Path()
	switch {
	case path == "" && len(l.files)-l.results < maxFiles:
		l.files = append(l.files, f)
	case path == "" || l.seen[path]:
	case l.results < maxFiles:
		l.note(path)
		l.results++
		l.files = append(l.files, f)
	default:
		l.note(path)
		l.moreFiles++
	}
}

func (l *listing) note(path string) {
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[path] = true
}

func (l *listing) addText(t Text) {
	room := outputLimit - l.size
	if len(l.texts) == maxTexts || room <= 0 {
		l.moreTexts++
		return
	}
	l.size += len(t.Text)
	t.Text = shorten(t.Text, room)
	l.texts = append(l.texts, t)
}

// all gives the texts, and what is missing as one more.
func (l *listing) all() []Text {
	var missing []string
	if l.moreFiles > 0 {
		missing = append(missing, counted("%d more files", l.moreFiles))
	}
	if l.moreTexts > 0 {
		missing = append(missing, counted("%d more texts", l.moreTexts))
	}
	texts := slices.Clone(l.texts)
	if missing != nil {
		texts = append(texts, Text{Text: "… and " + strings.Join(missing, " and ") + ", which are not listed here"})
	}
	return texts
}
