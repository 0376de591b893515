// Package v1_test holds the schema to the rules that a linter does not know.
package v1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const pkg = "comfyscheduler.v1"

// Words of a comment that speak of a moment or a length of time.
var timeWords = regexp.MustCompile(`(?i)\b(milliseconds?|moment|since when|duration|how long|epoch)\b`)

// Integers whose comments speak of a moment although they are none.
var notTimes = map[protoreflect.FullName]bool{"comfyscheduler.v1.DeleteUserResponse.cancelled_bookings": true}

func TestTimesAreMillisecondsAndSaySo(t *testing.T) {
	comments := readComments(t)
	for field := range fields(t) {
		name, comment := string(field.Name()), comments[field.FullName()]
		switch {
		case strings.HasSuffix(name, "_ms"):
			if field.Kind() != protoreflect.Int64Kind {
				t.Errorf("%s is %s: times are int64", field.FullName(), field.Kind())
			}
			if !strings.Contains(comment, "illisecond") {
				t.Errorf("%s: its comment does not name the unit: %q", field.FullName(), comment)
			}
		case isInteger(field) && timeWords.MatchString(comment) && !notTimes[field.FullName()]:
			t.Errorf("%s speaks of time, so its name ends in _ms and it is int64: %q", field.FullName(), comment)
		case isInteger(field) && regexp.MustCompile(`(^|_)(time|at|slot|start|end|from|until|duration)$`).MatchString(name):
			t.Errorf("%s is named like a time without its unit", field.FullName())
		case name == "time_slot" || name == "window" || name == "day":
			if field.Message() == nil || field.Message().FullName() != pkg+".TimeSlot" {
				t.Errorf("%s is not a TimeSlot", field.FullName())
			}
		case field.Message() != nil && strings.HasPrefix(string(field.Message().FullName()), "google.protobuf.") &&
			field.Message().Name() != "FieldMask":
			t.Errorf("%s: times are milliseconds, not %s", field.FullName(), field.Message().FullName())
		}
	}
}

func TestFieldsOfRequestsSayWhetherTheyAreRequired(t *testing.T) {
	comments := readComments(t)
	for message := range requests(t) {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			comment := comments[field.FullName()]
			required := strings.HasPrefix(comment, "Required. ")
			if !required && !strings.HasPrefix(comment, "Optional. ") {
				t.Errorf("%s says neither Required nor Optional: %q", field.FullName(), comment)
			}
			if needed := mustBeGiven(field); needed != required && field.ContainingOneof() == nil && needed {
				t.Errorf("%s has to be given, but does not say Required", field.FullName())
			}
		}
	}
}

func TestMessagesThatAreOnlyAnsweredSaySo(t *testing.T) {
	comments := readComments(t)
	asked := map[protoreflect.FullName]bool{}
	for message := range requests(t) {
		asked[message.FullName()] = true
	}
	for message := range messages(t) {
		name := string(message.Name())
		if asked[message.FullName()] || strings.HasSuffix(name, "Response") || name == "BookingProblem" {
			continue
		}
		if !strings.Contains(comments[message.FullName()], "Every field is output only.") {
			t.Errorf("%s does not say that it is output only", message.FullName())
		}
	}
}

func TestLimitsAreInTheComments(t *testing.T) {
	comments := readComments(t)
	for message := range requests(t) {
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			for _, limit := range limits(field) {
				if !strings.Contains(comments[field.FullName()], limit) {
					t.Errorf("%s: its comment does not tell the limit %s: %q", field.FullName(), limit, comments[field.FullName()])
				}
			}
		}
	}
}

func TestEveryListHasPages(t *testing.T) {
	for message := range messages(t) {
		name := string(message.Name())
		if !strings.HasPrefix(name, "List") {
			continue
		}
		wanted := []protoreflect.Name{"page_size", "page_token"}
		if strings.HasSuffix(name, "Response") {
			wanted = []protoreflect.Name{"next_page_token"}
		}
		for _, field := range wanted {
			if message.Fields().ByName(field) == nil {
				t.Errorf("%s has no %s", name, field)
			}
		}
	}
}

func TestWhatCreatesTakesARequestID(t *testing.T) {
	for message := range messages(t) {
		name := string(message.Name())
		creates := strings.HasPrefix(name, "Create") || strings.HasPrefix(name, "Book") || strings.HasPrefix(name, "SignIn")
		if creates && strings.HasSuffix(name, "Request") && message.Fields().ByName("request_id") == nil {
			t.Errorf("%s has no request_id", name)
		}
	}
}

// mustBeGiven reports whether the rules refuse a request without the field.
func mustBeGiven(field protoreflect.FieldDescriptor) bool {
	rules := rulesOf(field)
	if rules.GetRequired() {
		return true
	}
	if rules.GetIgnore() == validate.Ignore_IGNORE_IF_ZERO_VALUE {
		return false
	}
	text, number := rules.GetString(), rules.GetInt64()
	return text.GetUuid() || text.GetMinLen() > 0 || text.GetMinBytes() > 0 || number.GetGt() > 0 || number.GetGte() > 0 ||
		number.HasGt()
}

// limits are the numbers that a comment tells.
func limits(field protoreflect.FieldDescriptor) (found []string) {
	rules := rulesOf(field)
	rules.ProtoReflect().Range(func(kind protoreflect.FieldDescriptor, of protoreflect.Value) bool {
		if kind.ContainingOneof() == nil || kind.Message() == nil {
			return true
		}
		of.Message().Range(func(rule protoreflect.FieldDescriptor, limit protoreflect.Value) bool {
			switch rule.Name() {
			case "max_len", "max_bytes", "max_pairs", "max_items", "lte":
				found = append(found, limit.String())
			case "gte":
				if limit.String() != "0" {
					found = append(found, limit.String())
				}
			}
			return true
		})
		return true
	})
	return found
}

func rulesOf(field protoreflect.FieldDescriptor) *validate.FieldRules {
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return rules
}

func isInteger(field protoreflect.FieldDescriptor) bool {
	switch field.Kind() {
	case protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return true
	}
	return false
}

// messages are those of the schema, without the entries of maps.
func messages(t *testing.T) map[protoreflect.MessageDescriptor]bool {
	t.Helper()
	found := map[protoreflect.MessageDescriptor]bool{}
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			found[file.Messages().Get(i)] = true
		}
		return true
	})
	if len(found) < 50 {
		t.Fatalf("only %d messages are registered", len(found))
	}
	return found
}

func fields(t *testing.T) map[protoreflect.FieldDescriptor]bool {
	t.Helper()
	found := map[protoreflect.FieldDescriptor]bool{}
	for message := range messages(t) {
		for i := range message.Fields().Len() {
			found[message.Fields().Get(i)] = true
		}
	}
	return found
}

// requests are the messages that a caller writes: requests and all that stands in them.
func requests(t *testing.T) map[protoreflect.MessageDescriptor]bool {
	t.Helper()
	found := map[protoreflect.MessageDescriptor]bool{}
	var add func(protoreflect.MessageDescriptor)
	add = func(message protoreflect.MessageDescriptor) {
		if message == nil || found[message] || message.ParentFile().Package() != pkg {
			return
		}
		if !message.IsMapEntry() {
			found[message] = true
		}
		for i := range message.Fields().Len() {
			add(message.Fields().Get(i).Message())
		}
	}
	for message := range messages(t) {
		if strings.HasSuffix(string(message.Name()), "Request") {
			add(message)
		}
	}
	return found
}

var (
	opens = regexp.MustCompile(`^(?:message|enum|service) (\w+) \{`)
	field = regexp.MustCompile(`^\s*(?:repeated |optional )?[\w.]+(?:<[^>]*>)? (\w+) = \d+`)
)

// readComments reads the comment before each message and field, as one line.
func readComments(t *testing.T) map[protoreflect.FullName]string {
	t.Helper()
	files, err := filepath.Glob("*.proto")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema here: %v", err)
	}
	found := map[protoreflect.FullName]string{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var comment []string
		inside := protoreflect.FullName("")
		for line := range strings.Lines(string(source)) {
			if text, is := strings.CutPrefix(strings.TrimSpace(line), "//"); is {
				comment = append(comment, strings.TrimSpace(text))
				continue
			}
			if opened := opens.FindStringSubmatch(line); opened != nil {
				inside = protoreflect.FullName(pkg + "." + opened[1])
				found[inside] = strings.Join(comment, " ")
			} else if named := field.FindStringSubmatch(line); named != nil {
				found[inside.Append(protoreflect.Name(named[1]))] = strings.Join(comment, " ")
			}
			comment = nil
		}
	}
	return found
}
