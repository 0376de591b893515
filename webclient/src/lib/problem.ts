import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  ErrorInfoSchema,
  ErrorReason,
  PauseConflictSchema,
  type PauseObstacle,
  type SlotConflict,
  SlotConflictSchema,
} from "../gen/comfyscheduler/v1/error_pb";

/** Problem is a failed call in words a person can act on. */
export interface Problem {
  readonly message: string;
  readonly reason: ErrorReason;
  /** What is in the way of the slot, when that is the problem. */
  readonly conflict?: SlotConflict;
  /** Bookings that are in the way of a pause, earliest first. */
  readonly obstacles: readonly PauseObstacle[];
  /** Milliseconds after which the server would listen again; 0 when it did not say. */
  readonly retryAfter: number;
  /** Messages by field: "prompt", "seed", or a parameter's name after "parameters.". */
  readonly fields: ReadonlyMap<string, string>;
}

/** Explains anything a call threw. */
export function problemOf(cause: unknown): Problem {
  const error = ConnectError.from(cause);
  const [info] = error.findDetails(ErrorInfoSchema);
  const [conflict] = error.findDetails(SlotConflictSchema);
  const fields = new Map<string, string>();
  for (const { violations } of error.findDetails(ViolationsSchema)) {
    for (const violation of violations) {
      const name = fieldName(violation.field?.elements ?? []);
      if (!fields.has(name)) fields.set(name, violation.message);
    }
  }
  return {
    message: sentence(error),
    reason: info?.reason ?? ErrorReason.UNSPECIFIED,
    ...(conflict && { conflict }),
    obstacles: error.findDetails(PauseConflictSchema).flatMap(({ bookings }) => bookings),
    retryAfter: Number(info?.metadata["retry_after_ms"] ?? 0) || 0,
    fields,
  };
}

interface PathElement {
  readonly fieldName: string;
  readonly subscript: { readonly case: string | undefined; readonly value?: unknown };
}

function fieldName(elements: readonly PathElement[]): string {
  // An edit's fields are the booking's fields one level deeper.
  const path = elements[0]?.fieldName === "edit" ? elements.slice(1) : elements;
  const [first] = path;
  if (!first) return "";
  return first.subscript.case === "stringKey" ? `${first.fieldName}.${first.subscript.value}` : first.fieldName;
}

function sentence(error: ConnectError): string {
  if (error.code === Code.Unavailable && error.rawMessage === "") return "The server cannot be reached.";
  if (/failed to fetch|networkerror|load failed/i.test(error.rawMessage)) return "The server cannot be reached.";
  const text = error.rawMessage.trim() || "Something went wrong.";
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
