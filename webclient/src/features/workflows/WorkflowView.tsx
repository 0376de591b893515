import { useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Icon } from "../../components/Icon";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { titleOf } from "../../lib/words/workflow";
import { useLive } from "../../live/LiveContext";
import { Fitness } from "./Fitness";
import { FormEditor } from "./FormEditor";
import { FormPreview } from "./FormPreview";
import { TextsForm } from "./TextsForm";
import { ThumbnailSheet } from "./ThumbnailSheet";
import { useWorkflow } from "./useWorkflow";
import { useWorkflowActions } from "./useWorkflowActions";
import { WorkflowHead } from "./WorkflowHead";

/** WorkflowViewProps are a workflow to look at and to change. */
export interface WorkflowViewProps {
  readonly id: string;
  readonly onBack: () => void;
  readonly onBook: () => void;
  readonly onReplace: (workflow: Workflow, file: File) => void;
}

/** One workflow: what it does, where it can run, its form; for those who may, to change. */
export function WorkflowView({ id, onBack, onBook, onReplace }: WorkflowViewProps) {
  const { workflow, error, put } = useWorkflow(id);
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const [part, setPart] = useState<"texts" | "picture">();
  const [editing, setEditing] = useState<Workflow>();
  const actions = useWorkflowActions(id, put, onBack);
  const { call } = actions;
  const done = () => {
    call.forget();
    setPart(undefined);
    setEditing(undefined);
  };
  const change = async (request: Parameters<typeof actions.update>[0]) => {
    if (await actions.update(request)) done();
    else if (editing) setEditing((await actions.reread()) ?? editing);
  };
  const summary = workflow?.summary;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 sm:gap-5">
      <div>
        <Button tone="bare" onClick={onBack} className="-ml-2">
          <Icon name="chevronLeft" className="size-4" />
          All workflows
        </Button>
      </div>
      {error && <Complaint>{error}</Complaint>}
      {!workflow && !error && <div className="card h-72 animate-pulse bg-sunken" />}
      {workflow && summary && (
        <>
          <title>{`${titleOf(summary)} · ComfyScheduler`}</title>
          <WorkflowHead
            workflow={workflow}
            busy={call.busy}
            onBook={onBook}
            onTexts={() => setPart("texts")}
            onPicture={() => setPart("picture")}
            onSwitch={() => void change({ disabled: !summary.disabled })}
            onReplace={(file) => onReplace(workflow, file)}
            onDelete={() => void actions.remove(titleOf(summary))}
          />
          {call.problem && !part && !editing && <Complaint>{call.problem.message}</Complaint>}
          {part === "texts" && (
            <section aria-label="Texts" className="card p-4 sm:p-5">
              <TextsForm workflow={workflow} call={call} onSave={(texts) => void change(texts)} onClose={done} />
            </section>
          )}
          {part === "picture" && (
            <ThumbnailSheet
              workflowId={id}
              busy={call.busy}
              onChoose={(thumbnailJobId) => void change({ thumbnailJobId })}
              onClose={done}
            />
          )}
          {editing ? (
            <FormEditor
              workflow={editing}
              call={call}
              onSave={(edits) => void change({ ...edits, version: editing.summary?.version ?? "" })}
              onReset={() => void change({ resetForm: true })}
              onClose={done}
            />
          ) : (
            <div className="grid items-start gap-4 sm:gap-5 lg:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
              <section aria-label="Can it run here?" className="card min-w-0 p-4 sm:p-5">
                <header className="mb-3 flex items-center gap-2">
                  <h2 className="mr-auto font-semibold">Can it run here?</h2>
                  {(workflow.editable || administrator) && (
                    <Button className="min-h-8" disabled={call.busy} onClick={() => void actions.check()}>
                      <Icon name="repeat" className="size-4" />
                      Check again
                    </Button>
                  )}
                </header>
                <Fitness
                  workflow={workflow}
                  actions={administrator ? { busy: call.busy, onMeasure: actions.measure } : undefined}
                />
              </section>
              <section aria-label="The form" className="card min-w-0 p-4 sm:p-5">
                <header className="mb-3 flex items-center gap-2">
                  <h2 className="mr-auto font-semibold">The form</h2>
                  {workflow.editable && (
                    <Button
                      className="min-h-8"
                      disabled={call.busy}
                      onClick={async () => setEditing(await actions.whole())}
                    >
                      <Icon name="pencil" className="size-4" />
                      Edit the form
                    </Button>
                  )}
                </header>
                <FormPreview workflow={workflow} />
              </section>
            </div>
          )}
        </>
      )}
    </div>
  );
}
