import { create } from "@bufbuild/protobuf";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorInfoSchema, ErrorReason, SlotConflictSchema } from "../gen/comfyscheduler/v1/error_pb";
import { problemOf } from "./problem";

const violation = (...path: { fieldName: string; subscript?: { case: "stringKey"; value: string } }[]) =>
  create(ViolationsSchema, { violations: [{ field: { elements: path }, message: "is wrong" }] });
const failed = (desc: typeof ViolationsSchema, value: ReturnType<typeof violation>) =>
  new ConnectError("bad", Code.InvalidArgument, undefined, [{ desc, value }]);

describe("problemOf", () => {
  it("finds the field of a booking, of an edit, and of a parameter", () => {
    const parameter = { fieldName: "parameters", subscript: { case: "stringKey" as const, value: "width" } };
    expect(problemOf(failed(ViolationsSchema, violation({ fieldName: "prompt" }))).fields.get("prompt")).toBe(
      "is wrong",
    );
    expect([...problemOf(failed(ViolationsSchema, violation(parameter))).fields.keys()]).toEqual(["parameters.width"]);
    expect([
      ...problemOf(failed(ViolationsSchema, violation({ fieldName: "edit" }, { fieldName: "seed" }))).fields.keys(),
    ]).toEqual(["seed"]);
  });

  it("carries the conflict and the reason", () => {
    const problem = problemOf(
      new ConnectError("taken", Code.FailedPrecondition, undefined, [
        { desc: SlotConflictSchema, value: { nextFreeStartMs: 5n } },
        { desc: ErrorInfoSchema, value: { reason: ErrorReason.SLOT_TAKEN } },
      ]),
    );
    expect(problem.conflict?.nextFreeStartMs).toBe(5n);
    expect(problem.reason).toBe(ErrorReason.SLOT_TAKEN);
    expect(problem.message).toBe("Taken.");
  });

  it("says that the server cannot be reached in words", () => {
    expect(problemOf(new TypeError("Failed to fetch")).message).toBe("The server cannot be reached.");
  });
});
