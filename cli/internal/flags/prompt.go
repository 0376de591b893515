package flags

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// Prompt are --prompt and --prompt-file, and the argument that stands for --prompt.
type Prompt struct {
	Text, File string
	// Argument is the prompt given without an option.
	Argument string
}

// Bind makes the options known.
func (f *Prompt) Bind(fs *pflag.FlagSet) {
	fs.StringVarP(&f.Text, "prompt", "p", "", "`text` of the generation")
	fs.StringVar(&f.File, "prompt-file", "", "read the prompt from this `file`; - is standard input")
}

// Given reports whether a prompt was given on the command line.
func (f *Prompt) Given() bool { return f.Text != "" || f.File != "" || f.Argument != "" }

// Check complains when more than one prompt was given.
func (f *Prompt) Check() error {
	n := 0
	for _, s := range []string{f.Text, f.File, f.Argument} {
		if s != "" {
			n++
		}
	}
	if n > 1 {
		return exitcode.Usagef("give one prompt: as an argument, with --prompt or with --prompt-file")
	}
	return nil
}

// ValidPrompt refuses what cannot be sent: text in another encoding than UTF-8.
func ValidPrompt(prompt string) error {
	if !utf8.ValidString(prompt) {
		return exitcode.Usagef("the prompt is not UTF-8 text")
	}
	return nil
}

// Read gives the prompt. With none on the command line it is standard input, if that is not a terminal.
func (f *Prompt) Read(streams *term.Streams) (string, error) {
	switch {
	case f.Text != "":
		return f.Text, nil
	case f.Argument != "":
		return f.Argument, nil
	}
	in, err := f.Open(streams)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	raw, err := io.ReadAll(io.LimitReader(in, 1<<20))
	return strings.TrimSpace(string(raw)), err
}

// Open opens the file or standard input that prompts are read from, behind the byte order mark that some editors and
// shells put first.
func (f *Prompt) Open(streams *term.Streams) (io.ReadCloser, error) {
	if f.File != "" && f.File != "-" {
		file, err := os.Open(f.File)
		if err != nil {
			return nil, exitcode.Usagef("--prompt-file: %w", err)
		}
		return closing{term.Unmarked(file), file}, nil
	}
	if f.File == "" && streams.IsStdinTTY() {
		return nil, exitcode.Usagef("say what: --prompt TEXT, --prompt-file FILE, or the prompt on standard input")
	}
	return io.NopCloser(term.Unmarked(streams.In)), nil
}

// closing is a reader and what it reads from.
type closing struct {
	io.Reader
	io.Closer
}
