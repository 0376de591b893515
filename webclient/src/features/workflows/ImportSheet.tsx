import { useState } from "react";
import { Banner } from "../../components/Banner";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Sheet } from "../../components/Sheet";
import { WorkflowBadges } from "../../components/WorkflowBadges";
import { Field } from "../../form/Field";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { plural } from "../../lib/format";
import { titleOf } from "../../lib/words/workflow";
import { Fitness } from "./Fitness";
import { FormPreview } from "./FormPreview";
import { Refusal } from "./Refusal";
import type { Importing } from "./useImport";

/** ImportSheetProps are a file on its way to the menu. */
export interface ImportSheetProps {
  readonly importing: Importing;
  /** How many others wait for their turn. */
  readonly waiting: number;
  /** Keeps it under the title; empty for the one that the server makes. */
  readonly onAdd: (title: string, book: boolean) => void;
  readonly onClose: () => void;
}

/** What would come of a file: its form, what is missing; or why it cannot be taken. */
export function ImportSheet({ importing, waiting, onAdd, onClose }: ImportSheetProps) {
  const { source, replaces, answer, problem, adding } = importing;
  const [typed, setTitle] = useState<string>();
  const workflow = answer?.workflow;
  const proposed = replaces?.summary?.title || workflow?.summary?.title || "";
  const title = typed ?? proposed;
  const chosen = title.trim() === proposed ? "" : title.trim();
  const name = source.kind === "file" ? source.file.name : source.title;
  const heading = replaces?.summary ? `New version of ${titleOf(replaces.summary)}` : "New workflow";
  const refused = problem?.reason === ErrorReason.WORKFLOW_REFUSED;
  const failed = refused ? `${name} cannot be taken` : `${name} was not taken`;
  return (
    <Sheet
      title={problem ? failed : heading}
      onClose={onClose}
      aside={waiting > 0 && <span className="text-ink-soft text-sm">{plural(waiting, "more file")} after it</span>}
      className={workflow ? "sm:max-w-5xl" : "sm:max-w-2xl"}
      foot={
        workflow && (
          <div className="flex flex-wrap items-center justify-end gap-2">
            <span className="mr-auto text-ink-soft text-sm max-sm:w-full">{verdict(workflow)}</span>
            {workflow.summary?.bookable && !replaces && (
              <Button large disabled={adding} className="max-sm:flex-1" onClick={() => onAdd(chosen, true)}>
                Add and book
              </Button>
            )}
            <Button
              tone="primary"
              large
              disabled={adding}
              className="max-sm:flex-1"
              onClick={() => onAdd(chosen, false)}
            >
              {replaces ? "Replace" : "Add"}
            </Button>
          </div>
        )
      }
    >
      {!workflow && !problem && <Looking name={name} />}
      {problem && <Refusal problem={problem} onClose={onClose} />}
      {workflow && (
        <div className="grid gap-5 p-4 sm:p-5 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
          <div className="min-w-0 space-y-5">
            {answer.known && <Banner tone="plain">It is there already, just as it is in this file.</Banner>}
            {!replaces && (
              <Field label="Title" hint={`From ${name}`}>
                {(attributes) => (
                  <input
                    {...attributes}
                    maxLength={100}
                    value={title}
                    onChange={(event) => setTitle(event.target.value)}
                    className="field"
                  />
                )}
              </Field>
            )}
            {workflow.summary && (
              <div className="flex flex-wrap gap-1.5 empty:hidden">
                <WorkflowBadges summary={{ ...workflow.summary, disabled: false, bookable: true }} />
              </div>
            )}
            <section aria-label="Can it run here?">
              <h3 className="mb-2 font-semibold">Can it run here?</h3>
              <Fitness workflow={workflow} />
            </section>
            {answer.notes.length > 0 && (
              <section aria-label="Good to know">
                <h3 className="mb-1 font-semibold">Good to know</h3>
                <ul className="list-disc space-y-1 pl-5 text-ink-soft text-sm">
                  {answer.notes.map((note) => (
                    <li key={note}>{note}</li>
                  ))}
                </ul>
              </section>
            )}
          </div>
          <section aria-label="The form" className="min-w-0">
            <h3 className="font-semibold">The form</h3>
            <p className="mb-3 text-ink-soft text-sm">
              What people fill in when they book. It can be changed afterwards.
            </p>
            <div className="rounded-card border border-line bg-surface p-4 shadow-card">
              <FormPreview workflow={workflow} />
            </div>
          </section>
        </div>
      )}
    </Sheet>
  );
}

function Looking({ name }: { name: string }) {
  return (
    <div role="status" className="flex flex-col items-center gap-3 px-5 py-14 text-ink-soft">
      <Icon name="stack" className="size-10 animate-pulse text-accent-ink" />
      <p>
        Looking at <b className="font-medium text-ink">{name}</b>…
      </p>
    </div>
  );
}

/** What one may expect of it, in a line. */
function verdict({ summary, inputs, nodeCount }: Workflow): string {
  const shown = inputs.filter(({ hidden }) => !hidden).length;
  // What cannot be read without ComfyUI's nodes has no size yet.
  const size = nodeCount > 0 ? ` ${plural(nodeCount, "node")}, ${plural(shown, "input")}.` : "";
  return summary?.bookable
    ? `It can be booked at once.${size}`
    : `It can be booked when what is missing is there.${size}`;
}
