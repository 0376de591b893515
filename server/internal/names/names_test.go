package names_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
)

func TestNamesThatLookAlikeAreOne(t *testing.T) {
	for _, alike := range [][]string{
		{"Administrator-47c2", "administrator-47c2", "Аdministrator-47c2", "Administrator\u201147c2", "ADMINISTRATOR-47C2", "Ａdministrator-47c2"},
		{"User-1", "user-1", "Uѕer-1", "Usеr-1", "User-l", "User-I", "Ｕｓｅｒ-１"},
		{"Paul", "PauI", "Pau1", "PAUL"},
		{"Jürgen", "Ju\u0308rgen", "JÜRGEN"},
		{"Straße", "STRASSE", "strasse"},
		{"Ann  Lee", "Ann Lee", "Ann\u00a0Lee"},
	} {
		for _, name := range alike[1:] {
			if names.Skeleton(name) != names.Skeleton(alike[0]) {
				t.Errorf("%q and %q: %q and %q", alike[0], name, names.Skeleton(alike[0]), names.Skeleton(name))
			}
		}
	}
	for _, apart := range [][2]string{
		{"Ann", "Bob"},
		{"User-1", "User-11"},
		{"Jürgen", "Jurgen"},
		{"Müller", "Muller"},
		{"田中", "中田"},
		{"Анна", "Ольга"},
	} {
		if names.Skeleton(apart[0]) == names.Skeleton(apart[1]) {
			t.Errorf("%q and %q are one", apart[0], apart[1])
		}
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"Ada":                              true,
		"Ada Lovelace":                     true,
		"Jürgen":                           true,
		"Nguyễn Thị":                       true,
		"田中さん":                             true,
		"Анна":                             true,
		"ผู้ใช้":                           true,
		"O'Neill-Smith 2":                  true,
		"🦊":                                true,
		"מרים":                             true,
		"":                                 false,
		" ":                                false,
		"\u3164":                           false,
		"\u2800":                           false,
		"A\u034fda":                        false,
		"Ada\u00a0":                        false,
		"Ada\u200b":                        false,
		"a\u202eb":                         false,
		"A\u0301\u0302\u0303":              false,
		"e" + strings.Repeat("\u0301", 39): false,
		"Ada\x00":                          false,
		"Ada\n":                            false,
		"\u0301":                           false,
		"\u115f":                           false,
		"A\ufe0f":                          false,
		"Ada\u3000Lee":                     false,
	} {
		if problem := names.Check(name); (problem == "") != good {
			t.Errorf("%q: %q", name, problem)
		}
	}
}

func TestReservedNames(t *testing.T) {
	for name, want := range map[string][2]bool{ // for users, for administrators
		"Ada":                   {true, true},
		"Userland":              {true, true},
		"Minister":              {true, true},
		"User":                  {true, true},
		"Admiral":               {true, true},
		"administrator-47c2":    {false, true},
		"Аdministrator":         {false, true},
		"Admin-Istrator":        {false, true},
		"Administrät0r":         {false, true},
		"Administrators":        {false, true},
		"User-7":                {false, false},
		"USER 12":               {false, false},
		"Uѕеr-1":                {false, false},
		"User_I":                {false, false},
		"user007":               {false, false},
		"Deleted user 3f2a9c1b": {false, false},
		"deleted-user":          {false, false},
	} {
		if got := [2]bool{names.Reserved(name, false) == "", names.Reserved(name, true) == ""}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// A skeleton is one of itself, and what changes nothing to the eye changes no skeleton.
func TestSkeletonsAreSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(0, 40, -1).Draw(t, "name")
		skeleton := names.Skeleton(name)
		if again := names.Skeleton(skeleton); again != skeleton {
			t.Fatalf("%q: %q, and that: %q", name, skeleton, again)
		}
		at := rapid.IntRange(0, len([]rune(name))).Draw(t, "at")
		runes := []rune(name)
		hidden := string(runes[:at]) + "\u200b" + string(runes[at:])
		if got := names.Skeleton(hidden); got != skeleton && !composes(runes, at) {
			t.Fatalf("%q with a zero-width space at %d: %q, not %q", name, at, got, skeleton)
		}
		if problem := names.Check(hidden); problem == "" {
			t.Fatalf("%q with a zero-width space is taken", name)
		}
	})
}

// composes reports whether the character at a place may join with the one before.
func composes(runes []rune, at int) bool {
	return at < len(runes) && (unicode.IsMark(runes[at]) || unicode.IsSpace(runes[at]) || unicode.Is(unicode.Hangul, runes[at])) || at > 0 &&
		unicode.IsSpace(runes[at-1])
}
