package rpc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
)

// TestEveryValueOfAnEnumGoesThereAndBack: each value of the domain has one of the schema, and each of the schema stands for
// one of the domain.
func TestEveryValueOfAnEnumGoesThereAndBack(t *testing.T) {
	roundTrip(t, jobStatuses, "job", "Status")
	roundTrip(t, resultKinds, "job", "Kind")
	roundTrip(t, failureReasons, "job", "FailureReason")
	roundTrip(t, estimateBases, "estimate", "Basis")
	roundTrip(t, delayKinds, "job", "DelayKind")
	roundTrip(t, systemStatuses, "health", "Status")
	roundTrip(t, workerStatuses, "health", "Status")
	roundTrip(t, bootOutcomes, "health", "Outcome")
	roundTrip(t, bootStages, "health", "Stage")
	roundTrip(t, auditActions, "audit", "Action")
	roundTrip(t, workflowSources, "workflow", "Source")
	roundTrip(t, measurementStates, "measured", "State")
	roundTrip(t, outputKinds, "workflow", "ResultKind")
	roundTrip(t, inputRoles, "form", "Role")
	roundTrip(t, fileKinds, "form", "FileKind")
	roundTrip(t, accessModes, "account", "Mode")
}

// TestEveryKindOfProblemIsTold: two kinds are one in the schema, so that they do not come back as they were.
func TestEveryKindOfProblemIsTold(t *testing.T) {
	told := map[pb.WorkflowProblemKind]bool{}
	for _, kind := range constants(t, "fitness", "Kind") {
		wire := problemKinds[fitness.Kind(kind)]
		told[wire] = true
		if wire == pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_UNSPECIFIED {
			t.Errorf("%q has no kind of the schema", kind)
		}
	}
	for number, name := range pb.WorkflowProblemKind_name {
		if number != 0 && !told[pb.WorkflowProblemKind(number)] {
			t.Errorf("%s stands for nothing", name)
		}
	}
}

func roundTrip[D ~string, E interface {
	comparable
	protoreflect.Enum
}](t *testing.T, enum map[D]E, from, name string) {
	t.Helper()
	for _, value := range constants(t, from, name) {
		wire, known := enum[D(value)]
		if back := values(enum, []E{wire}); !known || len(back) != 1 || back[0] != D(value) {
			t.Errorf("%s.%s %q becomes %v, which becomes %v", from, name, value, wire, back)
		}
	}
	var zero E
	all := zero.Descriptor().Values()
	for i := range all.Len() {
		number := all.Get(i).Number()
		one, _ := zero.Type().New(number).(E)
		if n := len(values(enum, []E{one})); number != 0 && n != 1 {
			t.Errorf("%s stands for %d values", all.Get(i).Name(), n)
		}
	}
}

// constants reads the values of a package's constants of a type.
func constants(t *testing.T, from, name string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("../" + from + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, is := n.(*ast.ValueSpec); is {
				found = append(found, constantsOf(spec, name)...)
			}
			return true
		})
	}
	if len(found) < 2 {
		t.Fatalf("%s has no constants of %s", from, name)
	}
	return found
}

func constantsOf(spec *ast.ValueSpec, name string) (found []string) {
	if kind, is := spec.Type.(*ast.Ident); !is || kind.Name != name {
		return nil
	}
	for _, value := range spec.Values {
		if literal, is := value.(*ast.BasicLit); is {
			text, _ := strconv.Unquote(literal.Value)
			found = append(found, text)
		}
	}
	return found
}
