import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, ErrorReason, type PauseObstacle, type SlotConflict } from "../gen/comfyscheduler/v1/error_pb";

/** Problem is a failed call in words a person can act on. */
export interface Problem {
  readonly message: string;
  readonly reason: ErrorReason;
  /** What the message speaks of, by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What is in the way of the slot, when that is the problem. */
  readonly conflict?: SlotConflict;
  /** Bookings that are in the way of a pause, earliest first. */
  readonly obstacles: readonly PauseObstacle[];
  /** How many they are: not all of very many are named. */
  readonly obstaclesTotal: number;
  /** Milliseconds after which the server would listen again; 0 when it did not say. */
  readonly retryAfter: number;
  /** Everything that is wrong, each with its field or, in a file, its node. */
  readonly violations: readonly { readonly field: string; readonly message: string }[];
  /** Messages by field of the request, in the schema's names. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of those, the messages about a booking's inputs, by the input's name. */
  readonly inputs: ReadonlyMap<string, string>;
}

/** Explains anything a call threw. */
export function problemOf(cause: unknown): Problem {
  const error = ConnectError.from(cause);
  const [info] = error.findDetails(ErrorInfoSchema);
  const fields = new Map<string, string>();
  const inputs = new Map<string, string>();
  for (const { field, message } of info?.fields ?? []) {
    if (!fields.has(field)) fields.set(field, message);
    const input = inputName(field);
    if (input !== undefined && !inputs.has(input)) inputs.set(input, message);
  }
  const pause = info?.detail.case === "pauseConflict" ? info.detail.value : undefined;
  return {
    message: sentence(error),
    reason: info?.reason ?? ErrorReason.UNSPECIFIED,
    metadata: info?.metadata ?? {},
    ...(info?.detail.case === "slotConflict" && { conflict: info.detail.value }),
    obstacles: pause?.bookings ?? [],
    obstaclesTotal: Math.max(pause?.total ?? 0, pause?.bookings.length ?? 0),
    retryAfter: Number(info?.metadata["retry_after_ms"] ?? 0) || 0,
    violations: info?.fields ?? [],
    fields,
    inputs,
  };
}

/** The input that a path such as `inputs["steps"]` or `inputs["steps"].integer` leads to. */
function inputName(path: string): string | undefined {
  const [, quoted] = path.match(/^inputs\[("(?:[^"\\]|\\.)*")\]/) ?? [];
  if (quoted === undefined) return undefined;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}

function sentence(error: ConnectError): string {
  if (error.code === Code.Unavailable && error.rawMessage === "") return "The server cannot be reached.";
  if (/failed to fetch|networkerror|load failed/i.test(error.rawMessage)) return "The server cannot be reached.";
  const text = error.rawMessage.trim() || "Something went wrong.";
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
