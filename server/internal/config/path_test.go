package config

import "testing"

func TestPathRulesOfEverySystem(t *testing.T) {
	for _, tc := range []struct {
		base, written string
		windows       bool
		want          string
	}{
		{"/srv/app", "data", false, "/srv/app/data"},
		{"/srv/app", "./workflows/a.json", false, "/srv/app/workflows/a.json"},
		{"/srv/app", "/var/out", false, "/var/out"},
		{"/srv/app", `odd\name`, false, `/srv/app/odd\name`},
		{"C:/AI/ComfyUI", "output", true, "C:/AI/ComfyUI/output"},
		{`C:\AI\ComfyUI`, `..\python_embeded\python.exe`, true, "C:/AI/python_embeded/python.exe"},
		{"C:/AI/ComfyUI", `..\python_embeded\python.exe`, false, "C:/AI/python_embeded/python.exe"},
		{"/srv/app", `D:\pictures`, false, "D:/pictures"},
		{"/srv/app", "d:/pictures", false, "d:/pictures"},
		{"C:/AI", `\\nas\share\out`, true, "//nas/share/out"},
	} {
		if got := resolve(tc.base, tc.written, tc.windows); got != tc.want {
			t.Errorf("resolve(%q, %q, windows %v) = %q, want %q", tc.base, tc.written, tc.windows, got, tc.want)
		}
	}
	for written, want := range map[string]string{
		"python3":            "python3",
		"../venv/bin/python": "/srv/venv/bin/python",
		"./py":               "/srv/comfy/py",
		"/usr/bin/python3":   "/usr/bin/python3",
		"C:/py/python.exe":   "C:/py/python.exe",
	} {
		if got := resolveExecutable("/srv/comfy", written, false); got != want {
			t.Errorf("resolveExecutable(%q) = %q, want %q", written, got, want)
		}
	}
}
