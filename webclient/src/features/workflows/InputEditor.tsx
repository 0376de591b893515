import { Button } from "../../components/Button";
import { Check } from "../../components/Check";
import { Icon } from "../../components/Icon";
import { Field } from "../../form/Field";
import { InputField } from "../../form/InputField";
import { defaultOf } from "../../form/values";
import { type Input, InputRole } from "../../gen/comfyscheduler/v1/input_pb";
import { ChoicesEditor } from "./ChoicesEditor";
import { boundOf, type Patch } from "./formDraft";
import { rolesFor, roleWords } from "./roles";

/** InputEditorProps are an input of a form, and what is being changed of it. */
export interface InputEditorProps {
  /** As it is on the server. */
  readonly input: Input;
  readonly patch: Patch;
  readonly onPatch: (change: Patch) => void;
}

/** Everything that can be said of one input. */
export function InputEditor({ input, patch, onPatch }: InputEditorProps) {
  const { kind } = input;
  const numeric = kind.case === "integer" || kind.case === "number";
  const value = patch.default ?? defaultOf(input);
  const settable = kind.case !== undefined && kind.case !== "seed" && kind.case !== "file";
  return (
    <div className="grid grid-cols-2 gap-x-3 gap-y-4 border-line border-t bg-raised p-3 sm:p-4">
      <Field label="Label" className="col-span-2 sm:col-span-1">
        {(attributes) => (
          <input
            {...attributes}
            maxLength={100}
            value={patch.label ?? input.label}
            placeholder={input.name}
            onChange={(event) => onPatch({ label: event.target.value })}
            className="field"
          />
        )}
      </Field>
      <Field label="Meaning" className="col-span-2 sm:col-span-1">
        {(attributes) => (
          <select
            {...attributes}
            value={patch.role ?? input.role}
            onChange={(event) => onPatch({ role: Number(event.target.value) })}
            className="field"
          >
            {rolesFor(input).map((role) => (
              <option key={role} value={role}>
                {roleWords[role]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Help" className="col-span-2">
        {(attributes) => (
          <textarea
            {...attributes}
            rows={2}
            maxLength={500}
            value={patch.help ?? input.help}
            placeholder="What the value does, in a sentence"
            onChange={(event) => onPatch({ help: event.target.value })}
            className="field resize-y"
          />
        )}
      </Field>
      {numeric &&
        (["min", "max"] as const).map((bound) => (
          <Field key={bound} label={bound === "min" ? "At least" : "At most"} hint="Empty: ComfyUI's own limit.">
            {(attributes) => (
              <input
                {...attributes}
                inputMode="decimal"
                value={patch[bound] ?? boundOf(input, bound)}
                onChange={(event) => onPatch({ [bound]: event.target.value })}
                className="field"
              />
            )}
          </Field>
        ))}
      {settable && (
        <div className="col-span-2">
          <InputField
            input={{ ...input, label: "Unless it is set", help: "" }}
            value={value}
            error={undefined}
            onChange={(next) => onPatch({ default: next })}
          />
        </div>
      )}
      {kind.case === "choice" && (
        <ChoicesEditor
          offered={kind.value.choices}
          chosen={patch.choices}
          onChange={(choices) => onPatch({ choices })}
        />
      )}
      <div className="col-span-2 flex flex-wrap items-center gap-x-5 gap-y-2">
        {input.role !== InputRole.SEED && (
          <Check
            label="May be left out"
            checked={patch.optional ?? input.optional}
            onChange={(optional) => onPatch({ optional })}
          />
        )}
        <Button
          tone="bare"
          className="ml-auto"
          aria-pressed={patch.reset ?? false}
          onClick={() => onPatch(patch.reset ? { reset: false } : forgotten)}
        >
          <Icon name="undo" className="size-4" />
          {patch.reset ? "Will be as it was found" : "As it was found"}
        </Button>
      </div>
    </div>
  );
}

/** Everything that was changed is forgotten, here and before. */
const forgotten: Patch = {
  label: undefined,
  help: undefined,
  role: undefined,
  min: undefined,
  max: undefined,
  default: undefined,
  choices: undefined,
  optional: undefined,
  reset: true,
} as unknown as Patch;
