import { type KeyboardEvent, type RefObject, useState } from "react";
import { Icon } from "../components/Icon";
import { type Input, InputRole } from "../gen/comfyscheduler/v1/input_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { InputField, labelOf } from "./InputField";
import { PromptField } from "./PromptField";
import { SeedField } from "./SeedField";
import { type FieldErrors, type FormValues, inputFor } from "./values";

/** InputFieldsProps are the fields of a generation and what becomes of them. */
export interface InputFieldsProps {
  readonly workflow: Workflow;
  readonly values: FormValues;
  readonly errors: FieldErrors;
  readonly onChange: (values: FormValues) => void;
  readonly promptRef?: RefObject<HTMLTextAreaElement | null>;
  readonly promptHint?: string | undefined;
  readonly onPromptKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
}

/** The form of a workflow: prompt and seed, where it has them, before everything else, which opens when it is wanted. */
export function InputFields(props: InputFieldsProps) {
  const { workflow, values, errors, onChange, promptRef, promptHint, onPromptKey } = props;
  const prompt = inputFor(workflow, InputRole.PROMPT);
  const seed = inputFor(workflow, InputRole.SEED);
  const others = workflow.inputs.filter((input) => input !== prompt && input !== seed);
  const [open, setOpen] = useState(false);
  // Without a prompt they are what the form is about.
  const shown = open || !prompt || others.some(({ name }) => errors.has(name));
  const propsOf = (input: Input) => ({
    input,
    value: values[input.name] ?? "",
    error: errors.get(input.name),
    onChange: (value: string | boolean) => onChange({ ...values, [input.name]: value }),
  });
  return (
    <div className={`grid gap-4 ${prompt ? "sm:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]" : ""}`}>
      {prompt && <PromptField {...propsOf(prompt)} fieldRef={promptRef} hint={promptHint} onKey={onPromptKey} />}
      {seed && <SeedField {...propsOf(seed)} />}
      {prompt && others.length > 0 && (
        <button
          type="button"
          aria-expanded={shown}
          onClick={() => setOpen(!shown)}
          className="flex items-start gap-1.5 self-start rounded text-left text-sm"
        >
          <Icon
            name="chevronRight"
            className={`mt-0.5 size-4 shrink-0 transition-transform ${shown ? "rotate-90" : ""}`}
          />
          <span>
            <span className="block font-medium">Parameters</span>
            {!shown && <span className="text-ink-faint">{summary(others, values)}</span>}
          </span>
        </button>
      )}
      {shown && others.length > 0 && (
        <div className="col-span-full grid grid-cols-2 gap-x-3 gap-y-4 sm:grid-cols-4">
          {others.map((input) => (
            <InputField key={input.name} {...propsOf(input)} />
          ))}
        </div>
      )}
    </div>
  );
}

/** The first few values, so that a closed section still tells what it holds. */
function summary(inputs: readonly Input[], values: FormValues): string {
  return inputs
    .slice(0, 3)
    .map((input) => `${labelOf(input)} ${String(values[input.name] ?? "")}`)
    .join(" · ");
}
