import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { FileKind, type Input } from "../gen/comfyscheduler/v1/input_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { InputField } from "./InputField";
import type { InputFieldProps } from "./inputProps";
import { labelOf } from "./labels";
import { PromptField } from "./PromptField";
import { partsOf } from "./parts";
import { SizeFields } from "./SizeFields";
import { useComplaints } from "./useComplaints";
import { defaultOf, type FieldErrors, type FormValues } from "./values";

/** InputFieldsProps are the fields of a generation and what becomes of them. */
export interface InputFieldsProps {
  readonly workflow: Pick<Workflow, "inputs">;
  readonly values: FormValues;
  readonly errors: FieldErrors;
  /** Shows everything from the beginning. */
  readonly unfolded?: boolean | undefined;
  readonly onChange: (values: FormValues) => void;
  readonly promptRef?: RefObject<HTMLTextAreaElement | null>;
  readonly promptHint?: string | undefined;
  readonly onPromptKey?: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
}

/**
 * The form of a workflow: the files it takes, prompts, seed and size, before everything else, which opens when it is wanted.
 * Without a prompt everything is there at once.
 */
export function InputFields(props: InputFieldsProps) {
  const { workflow, values, errors, unfolded = false, onChange, promptRef, promptHint, onPromptKey } = props;
  const { files, prompt, negative, seed, size, others } = partsOf(workflow.inputs);
  const complaints = useComplaints(errors, values);
  const [open, setOpen] = useState(unfolded);
  const shown = open || !prompt || others.some(({ name }) => errors.has(name));
  // A mask is painted over the first picture of the form.
  const pictureName = files.find(({ kind }) => kind.case === "file" && kind.value.kind === FileKind.IMAGE)?.name;
  const picture = pictureName === undefined ? undefined : String(values[pictureName] ?? "");
  // Two files that are dropped at once change two fields before either is drawn.
  const latest = useRef(values);
  useLayoutEffect(() => {
    latest.current = values;
  });
  const change = (changed: FormValues) => {
    latest.current = { ...latest.current, ...changed };
    onChange(latest.current);
  };
  const propsOf = (input: Input): InputFieldProps => ({
    input,
    value: values[input.name] ?? "",
    error: complaints.get(input.name),
    picture,
    onChange: (value) => change({ [input.name]: value }),
  });
  const changed = others.filter((input) => values[input.name] !== undefined && values[input.name] !== defaultOf(input));
  const text = prompt || files.length > 0;
  return (
    <div
      className={`grid items-start gap-x-5 gap-y-4
        ${text && (seed || size || others.length > 0) ? "sm:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]" : ""}`}
    >
      {text && (
        <div className="flex min-w-0 flex-col gap-4 self-stretch">
          {files.map((input) => (
            <InputField key={input.name} {...propsOf(input)} />
          ))}
          {prompt && <PromptField {...propsOf(prompt)} fieldRef={promptRef} hint={promptHint} onKey={onPromptKey} />}
          {negative && <InputField {...propsOf(negative)} />}
        </div>
      )}
      {(seed || size || (prompt && others.length > 0)) && (
        <div className={`grid min-w-0 content-start gap-4 ${text ? "" : "sm:max-w-md"}`}>
          {seed && <InputField {...propsOf(seed)} />}
          {size && (
            <SizeFields
              width={propsOf(size.width)}
              height={propsOf(size.height)}
              onSize={({ width, height }) =>
                change({ [size.width.name]: String(width), [size.height.name]: String(height) })
              }
            />
          )}
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
              <span className="min-w-0">
                <span className="block font-medium">
                  Parameters
                  {changed.length > 0 && (
                    <span className="ml-1.5 font-normal text-ink-faint">{changed.length} changed</span>
                  )}
                </span>
                {!shown && <span className="line-clamp-2 text-ink-faint">{summary(others, values)}</span>}
              </span>
            </button>
          )}
        </div>
      )}
      {shown && others.length > 0 && (
        <div
          className="col-span-full grid grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] items-start gap-x-4 gap-y-4
          sm:grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))]"
        >
          {others.map((input) => (
            <InputField key={input.name} {...propsOf(input)} />
          ))}
          {changed.length > 1 && (
            <p className="col-span-full">
              <Button
                tone="bare"
                onClick={() => change(Object.fromEntries(changed.map((input) => [input.name, defaultOf(input)])))}
              >
                <Icon name="undo" className="size-4" />
                Back to the defaults
              </Button>
            </p>
          )}
        </div>
      )}
    </div>
  );
}

/** The first few values, so that a closed section still tells what it holds. */
function summary(inputs: readonly Input[], values: FormValues): string {
  return inputs
    .slice(0, 3)
    .map((input) => `${labelOf(input)} ${wordOf(values[input.name])}`)
    .join(" · ");
}

function wordOf(value: string | boolean | undefined): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : (value ?? "").split(/[/\\]/).at(-1) || "–";
}
