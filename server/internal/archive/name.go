package archive

import (
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	maxStem   = 40 // characters of the words of a prompt in a name
	maxEnding = 12 // characters of the ending of a name
)

// FileName is the name for people of a job's nth result, such as "red-fox_seed-42.png". Every system takes it. Results of other jobs may
// have the same.
func FileName(j job.Job, n int) string {
	name := Stem(j)
	if n > 0 {
		name += "_" + strconv.Itoa(n+1)
	}
	if j.Results[n].Filename == "" {
		return name + ".txt"
	}
	return name + ending(j.Results[n].Filename)
}

// Stem begins the names of what a job made: of the prompt and the seed, or of the workflow where there is no prompt.
func Stem(j job.Job) string {
	stem := Slug(j.Prompt())
	if stem == "" {
		stem = Slug(j.Workflow)
	}
	if seed, has := j.Seed(); has {
		stem += "_seed-" + strconv.FormatUint(seed, 10)
	}
	if isReserved(stem) {
		stem += "_"
	}
	return stem
}

// Slug is the beginning of a text as part of a file's name: letters and digits, the rest dashes.
func Slug(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var made []rune
	for _, word := range words {
		if len(made)+len([]rune(word))+1 > maxStem {
			break
		}
		if len(made) > 0 {
			made = append(made, '-')
		}
		made = append(made, []rune(word)...)
	}
	return string(made)
}

// ending is that of a file's name, in letters and digits; empty where it has others.
func ending(name string) string {
	found := strings.ToLower(path.Ext(name))
	odd := strings.ContainsFunc(strings.TrimPrefix(found, "."), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if odd || len(found) < 2 || len(found) > maxEnding {
		return ""
	}
	return found
}

// isReserved reports whether a name means a device on Windows, whatever its ending.
func isReserved(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port, is := strings.CutPrefix(name, "com")
	if !is {
		port, is = strings.CutPrefix(name, "lpt")
	}
	return is && len(port) == 1 && port >= "1" && port <= "9"
}
