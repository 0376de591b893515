import { useEffect, useMemo, useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Confirm } from "../../components/Confirm";
import { Icon } from "../../components/Icon";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { plural } from "../../lib/format";
import type { Call } from "../../lib/useCall";
import { EditorRow } from "./EditorRow";
import { FormPreview } from "./FormPreview";
import { draftOf, editsOf, isDirty, moved, type Patch, patched, preview, rebased } from "./formDraft";
import { useReorder } from "./useReorder";

/** FormEditorProps are a form to change. */
export interface FormEditorProps {
  /** With its hidden inputs. */
  readonly workflow: Workflow;
  readonly call: Call;
  readonly onSave: (edits: ReturnType<typeof editsOf>) => void;
  /** Forgets every change that was made to the form before. */
  readonly onReset: () => void;
  readonly onClose: () => void;
}

/** Orders, names and limits the inputs of a form, beside a preview that follows each change. */
export function FormEditor({ workflow, call, onSave, onReset, onClose }: FormEditorProps) {
  const { inputs } = workflow;
  const [draft, setDraft] = useState(() => draftOf(inputs));
  useEffect(() => setDraft((now) => rebased(now, inputs)), [inputs]);
  const [opened, setOpened] = useState<string>();
  const [folded, setFolded] = useState(true);
  const next = useMemo(() => preview(inputs, draft), [inputs, draft]);
  const known = new Map(inputs.map((input) => [input.name, input]));
  const shown = next.filter(({ hidden }) => !hidden);
  const hidden = next.filter((input) => input.hidden);
  const dirty = isDirty(inputs, draft);
  const place = (name: string) => draft.order.indexOf(name);
  const reorder = useReorder(shown.length, (from, to) => {
    const [a, b] = [shown[from], shown[to]];
    if (a && b) setDraft((now) => moved(now, place(a.name), place(b.name)));
  });

  const change = (name: string, patch: Patch) => {
    const input = known.get(name);
    if (!input) return;
    setDraft((now) => {
      const changed = patched(now, input, patch);
      // What comes into the form comes at its end.
      return patch.hidden === false ? moved(changed, place(name), shown.length) : changed;
    });
  };
  const row = (name: string, index?: number) => {
    const input = known.get(name);
    const now = next.find((each) => each.name === name);
    return (
      input &&
      now && (
        <EditorRow
          key={name}
          input={input}
          now={now}
          patch={draft.patches[name] ?? {}}
          open={opened === name}
          dragged={index !== undefined && reorder.dragged === index}
          handle={index === undefined ? undefined : reorder.handle(index)}
          place={index === undefined ? "" : `${index + 1} of ${shown.length}`}
          onOpen={() => setOpened(opened === name ? undefined : name)}
          onPatch={(patch) => change(name, patch)}
        />
      )
    );
  };

  return (
    <div className="grid items-start gap-4 sm:gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <section aria-label="Inputs" className="card min-w-0 overflow-clip">
        <header className="flex flex-wrap items-center gap-2 border-line border-b p-3 sm:px-4">
          <div className="mr-auto">
            <h2 className="font-semibold">Edit the form</h2>
            <p className="text-ink-faint text-xs">
              Files, prompts, seed and size have places of their own on the page.
            </p>
          </div>
          <Confirm
            tone="bare"
            question="Every change of this form is forgotten, and it is as it was found in the file. Go on?"
            yes="As it was found"
            onYes={onReset}
          >
            <Icon name="undo" className="size-4" />
            All as it was found
          </Confirm>
        </header>
        <ul ref={reorder.list} className="divide-y divide-line">
          {shown.map(({ name }, index) => row(name, index))}
        </ul>
        {shown.length === 0 && <p className="p-4 text-ink-soft text-sm">Nothing is shown: it runs as it is.</p>}
        {hidden.length > 0 && (
          <div className="border-line border-t bg-sunken">
            <button
              type="button"
              aria-expanded={!folded}
              onClick={() => setFolded(!folded)}
              className="flex w-full items-center gap-2 px-3 py-3 text-left font-medium text-ink-soft text-sm sm:px-4"
            >
              <Icon name="chevronRight" className={`size-4 transition-transform ${folded ? "" : "rotate-90"}`} />
              Not shown <span className="font-normal text-ink-faint">{hidden.length}</span>
            </button>
            {!folded && (
              <ul className="divide-y divide-line border-line border-t">{hidden.map(({ name }) => row(name))}</ul>
            )}
          </div>
        )}
        <footer className="sticky bottom-0 flex flex-wrap items-center gap-2 border-line border-t bg-surface p-3 sm:px-4">
          <span className="mr-auto text-ink-soft text-sm">
            {dirty
              ? `${plural(Math.max(1, Object.keys(draft.patches).length), "change")} not saved yet`
              : "Nothing changed yet"}
          </span>
          <Button onClick={onClose}>{dirty ? "Discard" : "Close"}</Button>
          <Button tone="primary" disabled={!dirty || call.busy} onClick={() => onSave(editsOf(inputs, draft))}>
            Save the form
          </Button>
          {call.problem && (
            <Complaint className="w-full">
              {call.problem.reason === ErrorReason.STALE_WORKFLOW
                ? "Somebody changed it meanwhile. What you changed is on top of that now: look it over, then save again."
                : call.problem.violations[0]?.message || call.problem.message}
            </Complaint>
          )}
        </footer>
      </section>
      <section aria-label="Preview" className="card min-w-0 p-4 sm:p-5 lg:sticky lg:top-20">
        <h2 className="mb-3 font-semibold">As people will see it</h2>
        <FormPreview workflow={{ ...workflow, inputs: next }} unfolded />
      </section>
    </div>
  );
}
