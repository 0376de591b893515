package flags_test

import (
	"testing"

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
)

func TestSooner(t *testing.T) {
	for _, tc := range []struct {
		args    []string
		exact   bool
		want    string
		refused bool
	}{
		{nil, false, "", false},
		{nil, true, "", false},
		{[]string{"--sooner"}, false, "true", false},
		{[]string{"--sooner=false"}, false, "false", false},
		{[]string{"--sooner=false"}, true, "false", false},
		{[]string{"--sooner"}, true, "true", true},
	} {
		var f flags.Sooner
		fs := pflag.NewFlagSet("book", pflag.ContinueOnError)
		f.Bind(fs)
		if err := fs.Parse(tc.args); err != nil {
			t.Fatal(err)
		}
		got := ""
		if choice := f.Choice(); choice != nil {
			got = map[bool]string{true: "true", false: "false"}[*choice]
		}
		if err := f.Check(flags.Moment{Exact: tc.exact}); got != tc.want || (err != nil) != tc.refused {
			t.Errorf("%v, exact %v: chose %q (%v)", tc.args, tc.exact, got, err)
		}
	}
}
