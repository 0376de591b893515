import { type Input, InputRole } from "../gen/comfyscheduler/v1/input_pb";

/** Parts are a form's inputs by the place that they have on the page, each once. */
export interface Parts {
  readonly files: readonly Input[];
  readonly prompt?: Input | undefined;
  readonly negative?: Input | undefined;
  readonly seed?: Input | undefined;
  /** Both sides, where both are whole numbers that can be set. */
  readonly size?: { readonly width: Input; readonly height: Input } | undefined;
  /** Everything else, in the order of the form. */
  readonly others: readonly Input[];
}

export function partsOf(inputs: readonly Input[]): Parts {
  const shown = inputs.filter(({ hidden }) => !hidden);
  const by = (role: InputRole) => shown.find((input) => input.role === role);
  const files = shown.filter(({ kind }) => kind.case === "file");
  const [prompt, negative, seed] = [InputRole.PROMPT, InputRole.NEGATIVE_PROMPT, InputRole.SEED].map(by);
  // A form that was written by hand may say nothing of roles.
  const called = (name: string) => shown.find((input) => input.name === name && input.role === InputRole.UNSPECIFIED);
  const size = sizeOf(by(InputRole.WIDTH) ?? called("width"), by(InputRole.HEIGHT) ?? called("height"));
  const placed = new Set<Input | undefined>([...files, prompt, prompt && negative, seed, size?.width, size?.height]);
  return {
    files,
    prompt,
    negative: prompt && negative,
    seed,
    size,
    others: shown.filter((input) => !placed.has(input)),
  };
}

function sizeOf(width: Input | undefined, height: Input | undefined): Parts["size"] {
  const whole = (input: Input | undefined) => input?.kind.case === "integer";
  return width && height && whole(width) && whole(height) ? { width, height } : undefined;
}
