import { type KeyboardEvent, type RefObject, useState } from "react";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { randomSeed } from "../lib/random";
import { Field } from "./Field";
import { ParameterField } from "./ParameterField";
import { byteLength, type FieldErrors, type FormValues, promptLimit } from "./values";

/** SettingsFieldsProps are the fields of a generation and what becomes of them. */
export interface SettingsFieldsProps {
  readonly workflow: Workflow;
  readonly values: FormValues;
  readonly errors: FieldErrors;
  readonly onChange: (values: FormValues) => void;
  readonly promptRef?: RefObject<HTMLTextAreaElement | null>;
  readonly promptHint?: string | undefined;
  readonly onPromptKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  /** Seeds may be left open for a booking; a job's own is always known. */
  readonly seedOptional?: boolean;
}

export function SettingsFields(props: SettingsFieldsProps) {
  const { workflow, values, errors, onChange, promptRef, promptHint, onPromptKey, seedOptional } = props;
  const [open, setOpen] = useState(false);
  const shown = open || [...errors.keys()].some((field) => field.startsWith("parameters."));
  const bytes = byteLength(values.prompt);
  return (
    <div className="grid gap-4 sm:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Field
        className="sm:row-span-2"
        label="Prompt"
        error={errors.get("prompt")}
        hint={
          bytes > promptLimit * 0.9 ? `${bytes.toLocaleString()} of ${promptLimit.toLocaleString()} bytes` : promptHint
        }
      >
        {(attributes) => (
          <textarea
            {...attributes}
            ref={promptRef}
            rows={5}
            dir="auto"
            onKeyDown={onPromptKey}
            value={values.prompt}
            placeholder={workflow.examplePrompt ? `For example: ${workflow.examplePrompt}` : "Describe the picture"}
            onChange={(event) => onChange({ ...values, prompt: event.target.value })}
            className="field min-h-20 max-sm:h-26 resize-y leading-relaxed"
          />
        )}
      </Field>
      <div className="flex items-start gap-2">
        <Field label="Seed" error={errors.get("seed")} className="min-w-0 flex-1">
          {(attributes) => (
            <input
              {...attributes}
              inputMode="numeric"
              autoComplete="off"
              value={values.seed}
              placeholder={seedOptional ? "Random" : ""}
              onChange={(event) => onChange({ ...values, seed: event.target.value })}
              className="field"
            />
          )}
        </Field>
        <Button
          className="mt-6 min-h-10"
          title="Random seed"
          onClick={() => onChange({ ...values, seed: randomSeed(workflow.seedMin, workflow.seedMax).toString() })}
        >
          <Icon name="dice" />
          <span className="sr-only">Random seed</span>
        </Button>
      </div>
      {workflow.parameters.length > 0 && (
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
            {!shown && <span className="text-ink-faint">{summary(workflow, values)}</span>}
          </span>
        </button>
      )}
      {shown && (
        <div className="col-span-full grid grid-cols-2 gap-x-3 gap-y-4 sm:grid-cols-4">
          {workflow.parameters.map((parameter) => (
            <ParameterField
              key={parameter.name}
              parameter={parameter}
              value={values.parameters[parameter.name] ?? ""}
              error={errors.get(`parameters.${parameter.name}`)}
              onChange={(value) =>
                onChange({ ...values, parameters: { ...values.parameters, [parameter.name]: value } })
              }
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** The first few values, so that a closed section still tells what it holds. */
function summary({ parameters }: Workflow, values: FormValues): string {
  return parameters
    .slice(0, 3)
    .map(({ name, title }) => `${title || name} ${String(values.parameters[name] ?? "")}`)
    .join(" · ");
}
