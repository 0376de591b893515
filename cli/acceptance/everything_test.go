package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
)

// recordVariable names the file to which each run of the program adds what it did.
const recordVariable = "ACCEPTANCE_RECORD"

// recording collects the runs of all scripts.
type recording struct {
	file    string
	scripts atomic.Int32
}

// run is one run of the program.
type run struct {
	Command  string
	Flags    []string
	Code     int
	Terminal bool
}

// record adds this process to the recording.
func record(code int) {
	r := run{Code: code, Terminal: term.IsTerminal(int(os.Stdout.Fd()))}
	command, rest, err := program().Find(os.Args[1:])
	if err == nil {
		r.Command = command.CommandPath()
		_ = command.ParseFlags(rest) // what comes before a mistake is parsed
		command.Flags().Visit(func(f *pflag.Flag) { r.Flags = append(r.Flags, f.Name) })
	}
	line, err := json.Marshal(r)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(os.Getenv(recordVariable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, err = file.Write(append(line, '\n'))
			_ = file.Close()
		}
	}
	if err != nil {
		panic(err)
	}
}

// check demands that every command and every exit code was seen in a pipe and on a terminal, and every option somewhere.
func (r *recording) check(t *testing.T) {
	seen := r.read(t)
	demand := func(what string) {
		if !seen[what] {
			t.Errorf("no script shows %s", what)
		}
	}
	places := []string{"in a pipe", "on a terminal"}
	if runtime.GOOS == "windows" {
		places = places[:1]
	}
	for _, place := range places {
		for _, c := range exitcode.All {
			demand(fmt.Sprintf("exit code %d %s", c.Code, place))
		}
	}
	for _, command := range leaves(program()) {
		for _, place := range places {
			demand(fmt.Sprintf("%s %s", command.CommandPath(), place))
		}
		command.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				demand(fmt.Sprintf("%s --%s", command.CommandPath(), f.Name))
			}
		})
	}
}

// read gives what was seen, in the words of check.
func (r *recording) read(t *testing.T) map[string]bool {
	file, err := os.Open(r.file)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one run
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		place := "in a pipe"
		if one.Terminal {
			place = "on a terminal"
		}
		seen[fmt.Sprintf("exit code %d %s", one.Code, place)] = true
		// Only a run that came to its command's work shows the command.
		if one.Command == "" || one.Code == exitcode.Usage {
			continue
		}
		seen[one.Command+" "+place] = true
		for _, flag := range one.Flags {
			seen[one.Command+" --"+flag] = true
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return seen
}

// program is the root command with what cobra adds to it when it runs.
func program() *cobra.Command {
	command := root.NewCmdRoot(factory.New())
	command.InitDefaultHelpCmd()
	command.InitDefaultCompletionCmd()
	return command
}

// leaves are all commands below one that people can run, those that only group others left out.
func leaves(command *cobra.Command) (found []*cobra.Command) {
	if !command.HasSubCommands() {
		return []*cobra.Command{command}
	}
	for _, child := range command.Commands() {
		found = append(found, leaves(child)...)
	}
	return found
}
