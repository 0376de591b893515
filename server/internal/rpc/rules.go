package rpc

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
)

// rules are those of the schema, which each request is held against before its handler sees it.
type rules struct{ protovalidate.Validator }

func newRules() (rules, error) {
	v, err := protovalidate.New()
	return rules{v}, err
}

// check says everything that is wrong with a request; an error with ERROR_REASON_INVALID_FIELDS.
func (r rules) check(message proto.Message) error {
	err := r.Validate(message)
	var broken *protovalidate.ValidationError
	if err == nil || !errors.As(err, &broken) {
		return err
	}
	fields := each(broken.Violations, func(v *protovalidate.Violation) *pb.FieldViolation {
		return violationToProto(v.Proto, message.ProtoReflect().Descriptor())
	})
	parts := each(fields, func(f *pb.FieldViolation) string { return strings.TrimPrefix(f.Field+": "+f.Message, ": ") })
	return apierror.Attach(connect.NewError(connect.CodeInvalidArgument, errors.New(strings.Join(parts, "; "))),
		&pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_INVALID_FIELDS, Fields: fields})
}

func violationToProto(v *validate.Violation, in protoreflect.MessageDescriptor) *pb.FieldViolation {
	out := &pb.FieldViolation{
		Field:   protovalidate.FieldPathString(v.GetField()),
		Rule:    v.GetRuleId(),
		Message: v.GetMessage(),
	}
	if oneof := oneofAt(v.GetField(), in); oneof != nil {
		out.Message = "one of " + choicesOf(oneof) + " is required"
	}
	return out
}

// oneofAt finds the oneof that a path ends with, which is no field that a caller could send; nil when it ends with a field.
func oneofAt(path *validate.FieldPath, in protoreflect.MessageDescriptor) protoreflect.OneofDescriptor {
	for i, element := range path.GetElements() {
		field := in.Fields().ByName(protoreflect.Name(element.GetFieldName()))
		if field == nil {
			if i < len(path.GetElements())-1 {
				return nil
			}
			return in.Oneofs().ByName(protoreflect.Name(element.GetFieldName()))
		}
		if field.IsMap() {
			field = field.MapValue()
		}
		if in = field.Message(); in == nil {
			return nil
		}
	}
	return nil
}

func choicesOf(oneof protoreflect.OneofDescriptor) string {
	var names []string
	for i := range oneof.Fields().Len() {
		names = append(names, string(oneof.Fields().Get(i).Name()))
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:last], ", "), names[last])
}
