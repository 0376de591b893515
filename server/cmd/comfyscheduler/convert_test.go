package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConvert(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	info := write("object_info.json", `{
		"Say":{"input":{"required":{"prompt":["STRING",{"multiline":true,"dynamicPrompts":true}]}},"output":[],"output_node":true},
		"SaveImage":{"input":{"required":{"filename_prefix":["STRING",{}]}},"output":[],"output_node":true}}`)
	saved := write("saved.json", `{"nodes":[{"id":1,"type":"Say","widgets_values":["a {red|blue} <boat>"]},
		{"id":2,"type":"SaveImage","widgets_values":["%date:yyyy%"]}],"links":[]}`)
	odd := write("odd.json", `{"nodes":[{"id":1,"type":"Odd"}],"links":[]}`)
	for name, c := range map[string]struct {
		args  []string
		stdin string
		want  string // in the output, or of the error
		fails bool
	}{
		"graph":            {[]string{saved, "--object-info", info, "--random", "0.9"}, "", `"prompt": "a blue <boat>"`, false},
		"date":             {[]string{saved, "--object-info", info, "--now", "2027-01-01T00:00:00Z"}, "", `"filename_prefix": "2027"`, false},
		"form":             {[]string{saved, "--object-info", info, "--form"}, "", `"role": "prompt"`, false},
		"standard input":   {[]string{"-"}, `{"1":{"class_type":"A","inputs":{"n":18446744073709551615}}}`, `"n": 18446744073709551615`, false},
		"no classes":       {[]string{saved}, "", "name what ComfyUI answers to /object_info with --object-info", true},
		"missing class":    {[]string{odd, "--object-info", info}, "", `node 1 (Odd): ComfyUI has no class "Odd"`, true},
		"not object_info":  {[]string{saved, "--object-info", odd}, "", "the answer to /object_info has no node classes", true},
		"random too large": {[]string{saved, "--random", "1"}, "", "--random is a number from 0 up to, not including, 1", true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			command := convertCommand()
			command.SilenceErrors, command.SilenceUsage = true, true
			command.SetArgs(c.args)
			command.SetIn(strings.NewReader(c.stdin))
			command.SetOut(&out)
			err := command.Execute()
			said := out.String()
			if c.fails != (err != nil) {
				t.Fatalf("error %v, output %s", err, said)
			}
			if err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("%s\nwant %s", said, c.want)
			}
		})
	}
}
