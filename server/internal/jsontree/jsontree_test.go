package jsontree_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

func TestOrderRepetitionAndNumbersAreKept(t *testing.T) {
	value, err := jsontree.Parse([]byte("\ufeff" + `{"b": 18446744073709551615, "a": [NaN, -Infinity, 1.50], "b": "\ud83d\ude00"}`))
	if err != nil {
		t.Fatal(err)
	}
	object := value.(*jsontree.Object)
	want := []jsontree.Member{
		{Key: "b", Value: json.Number("18446744073709551615")},
		{Key: "a", Value: []any{json.Number("NaN"), json.Number("-Infinity"), json.Number("1.50")}},
		{Key: "b", Value: "😀"},
	}
	if diff := cmp.Diff(want, object.Members); diff != "" {
		t.Error(diff)
	}
	if key, ok := object.Repeated(); !ok || key != "b" || object.Text("b") != "😀" {
		t.Errorf("repeated: %q %v, and b is %q", key, ok, object.Text("b"))
	}
	if got := string(jsontree.Append(nil, value)); got != `{"b":18446744073709551615,"a":[null,null,1.50],"b":"😀"}` {
		t.Error("written again:", got)
	}
}

func TestUTF16IsTaken(t *testing.T) {
	for _, text := range []string{"\xff\xfe[\x001\x00]\x00", "\xfe\xff\x00[\x001\x00]"} {
		if value, err := jsontree.Parse([]byte(text)); err != nil || len(value.([]any)) != 1 {
			t.Errorf("%q: %v %v", text, value, err)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "line 1, column 1: the text ends too early",
		"{\n \"a\": 1\n \"b\": 2}": "line 3, column 2: a comma or } was expected",
		"[1, 2":                    "line 1, column 6: the text ends too early",
		"{\"é\": 01}":              "line 1, column 7: a value was expected",
		"{} {}":                    "line 1, column 4: there is something after the end of the document",
		"[\"C:\\Users\"]":          "line 1, column 5: a text holds a backslash that means nothing; write \\\\ for a backslash",
		"{key: 1}":                 "line 1, column 2: a key in quotation marks was expected",
		strings.Repeat("[", 300):   "line 1, column 258: lists and objects lie more than 256 deep in each other",
		"[" + strings.Repeat("1,", jsontree.MaxValues): "line 1, column 4000000: there are more than 2000000 values",
	} {
		_, err := jsontree.Parse([]byte(text))
		var syntax *jsontree.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// FuzzParse holds the reader against encoding/json where both take a text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e-3,null,true,"x\u00e9\n"]}`, `[NaN,Infinity,-Infinity]`, "\xef\xbb\xbf{}",
		`{"a":{"a":{}}}`, `"\ud800"`, `-0`, `1e999`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := jsontree.Parse(data)
		if err != nil {
			if json.Valid(data) && len(data) < 1<<16 && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < jsontree.MaxDepth {
				t.Fatalf("good JSON was refused: %v", err)
			}
			return
		}
		written := jsontree.Append(nil, value)
		if !json.Valid(written) {
			t.Fatalf("written again it is no JSON: %s", written)
		}
		if !json.Valid(data) || !utf8.Valid(data) {
			return
		}
		var theirs, ours any
		a, b := json.NewDecoder(bytes.NewReader(data)), json.NewDecoder(bytes.NewReader(written))
		a.UseNumber()
		b.UseNumber()
		if a.Decode(&theirs) != nil || b.Decode(&ours) != nil {
			t.Fatal("encoding/json does not read it")
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Error(diff)
		}
	})
}
