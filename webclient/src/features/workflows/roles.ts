import { type Input, InputRole } from "../../gen/comfyscheduler/v1/input_pb";

/** What a role is called. */
export const roleWords: Record<InputRole, string> = {
  [InputRole.UNSPECIFIED]: "Nothing special",
  [InputRole.PROMPT]: "Prompt",
  [InputRole.NEGATIVE_PROMPT]: "Negative prompt",
  [InputRole.SEED]: "Seed",
  [InputRole.WIDTH]: "Width in pixels",
  [InputRole.HEIGHT]: "Height in pixels",
  [InputRole.STEPS]: "Steps of sampling",
  [InputRole.GUIDANCE]: "Guidance",
  [InputRole.BATCH]: "How many at once",
  [InputRole.FRAMES]: "Length in frames",
  [InputRole.SECONDS]: "Length in seconds",
  [InputRole.FPS]: "Frames per second",
};

const texts = [InputRole.PROMPT, InputRole.NEGATIVE_PROMPT];
const numbers = [
  InputRole.WIDTH,
  InputRole.HEIGHT,
  InputRole.STEPS,
  InputRole.GUIDANCE,
  InputRole.BATCH,
  InputRole.FRAMES,
  InputRole.SECONDS,
  InputRole.FPS,
];

/** The roles that an input of this kind can have, the one that it has among them. */
export function rolesFor({ kind, role }: Input): readonly InputRole[] {
  const fitting =
    kind.case === "text"
      ? texts
      : kind.case === "integer" || kind.case === "number"
        ? numbers
        : kind.case === "seed"
          ? [InputRole.SEED]
          : [];
  return [...new Set([InputRole.UNSPECIFIED, ...fitting, role])];
}
