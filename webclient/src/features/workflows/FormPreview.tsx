import { useMemo, useState } from "react";
import { InputFields } from "../../form/InputFields";
import { emptyValues, type FieldErrors, type FormValues } from "../../form/values";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";

const none: FieldErrors = new Map();

/** The form as those who book will see it, to try out. */
export function FormPreview({ workflow, unfolded }: { workflow: Workflow; unfolded?: boolean }) {
  const [typed, setTyped] = useState<FormValues>({});
  const blank = useMemo(() => emptyValues(workflow), [workflow]);
  const setValues = (next: FormValues) =>
    setTyped(Object.fromEntries(Object.entries(next).filter(([name, value]) => value !== blank[name])));
  if (workflow.inputs.every(({ hidden }) => hidden))
    return (
      <p className="text-ink-soft text-sm">
        {workflow.nodeCount === 0
          ? "Its form is known as soon as ComfyUI knows its nodes."
          : "There is nothing to set: it runs as it is."}
      </p>
    );
  return (
    <InputFields
      workflow={workflow}
      values={{ ...blank, ...typed }}
      errors={none}
      unfolded={unfolded}
      onChange={setValues}
    />
  );
}
