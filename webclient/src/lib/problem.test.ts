import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { problemOf } from "./problem";

const failed = (value: MessageInitShape<typeof ErrorInfoSchema>) =>
  new ConnectError("taken", Code.FailedPrecondition, undefined, [{ desc: ErrorInfoSchema, value }]);
const wrong = (...fields: string[]) =>
  problemOf(failed({ fields: fields.map((field) => ({ field, rule: "input", message: `${field} is wrong` })) }));

describe("problemOf", () => {
  it("finds the field of a request, and the input of a booking", () => {
    const { fields, inputs } = wrong("start_ms", 'inputs["width"]', 'inputs["strength of \\"blur\\""].number');
    expect(fields.get("start_ms")).toBe("start_ms is wrong");
    expect([...inputs.keys()]).toEqual(["width", 'strength of "blur"']);
  });

  it("tells the first of several complaints about one field", () => {
    expect(wrong('inputs["width"].integer', 'inputs["width"]').inputs.get("width")).toContain(".integer");
  });

  it("carries the conflict and the reason", () => {
    const problem = problemOf(
      failed({
        reason: ErrorReason.SLOT_TAKEN,
        detail: { case: "slotConflict", value: { nextFreeStartMs: 5n } },
      }),
    );
    expect(problem.conflict?.nextFreeStartMs).toBe(5n);
    expect(problem.reason).toBe(ErrorReason.SLOT_TAKEN);
    expect(problem.message).toBe("Taken.");
  });

  it("counts bookings in the way that are not named", () => {
    const bookings = [{ jobId: "a" }, { jobId: "b" }];
    const problem = problemOf(failed({ detail: { case: "pauseConflict", value: { bookings, total: 120 } } }));
    expect([problem.obstacles.length, problem.obstaclesTotal]).toEqual([2, 120]);
  });

  it("says that the server cannot be reached in words", () => {
    expect(problemOf(new TypeError("Failed to fetch")).message).toBe("The server cannot be reached.");
  });
});
