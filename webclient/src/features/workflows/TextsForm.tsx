import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Field } from "../../form/Field";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import type { UpdateWorkflowRequest } from "../../gen/comfyscheduler/v1/workflow_service_pb";
import type { Call } from "../../lib/useCall";
import { resultWords } from "../../lib/words/workflow";

/** The texts of a workflow and which of its results is the main one. */
export type Texts = Partial<Pick<UpdateWorkflowRequest, "title" | "description" | "mainOutputNodeId">> & {
  readonly tags?: { readonly tags: string[] };
};

/** What a workflow is called, what it does, and by which words it is found. */
export function TextsForm(props: {
  workflow: Workflow;
  call: Call;
  onSave: (texts: Texts) => void;
  onClose: () => void;
}) {
  const { workflow, call, onSave, onClose } = props;
  const { title: oldTitle = "", description: oldDescription = "", tags: oldTags = [] } = workflow.summary ?? {};
  const [title, setTitle] = useState(oldTitle);
  const [description, setDescription] = useState(oldDescription);
  const [tags, setTags] = useState(oldTags.join(", "));
  const main = workflow.outputs[0]?.nodeId ?? "";
  const [output, setOutput] = useState(main);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const words = [...new Set(tags.split(",").map((tag) => tag.trim().replace(/^#/, "")))].filter(Boolean);
    onSave({
      ...(title.trim() !== oldTitle && { title: title.trim() }),
      ...(description.trim() !== oldDescription && { description: description.trim() }),
      ...(String(words) !== String(oldTags) && { tags: { tags: words } }),
      ...(output !== main && { mainOutputNodeId: output }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Title" error={title.trim() === "" ? "Every workflow has a title." : undefined}>
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
      <Field label="What it does">
        {(attributes) => (
          <textarea
            {...attributes}
            rows={3}
            maxLength={2000}
            dir="auto"
            value={description}
            onChange={(event) => setDescription(event.target.value)}
            className="field resize-y"
          />
        )}
      </Field>
      <Field label="Tags" hint="Words to find it by, with commas between them.">
        {(attributes) => (
          <input {...attributes} value={tags} onChange={(event) => setTags(event.target.value)} className="field" />
        )}
      </Field>
      {workflow.outputs.length > 1 && (
        <Field label="Main result" hint="What is shown first of a job's results.">
          {(attributes) => (
            <select
              {...attributes}
              value={output}
              onChange={(event) => setOutput(event.target.value)}
              className="field"
            >
              {workflow.outputs.map(({ nodeId, title, kind }) => (
                <option key={nodeId} value={nodeId}>
                  {resultWords[kind]}: {title || `node ${nodeId}`}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {call.problem && <Complaint>{call.problem.violations[0]?.message || call.problem.message}</Complaint>}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" tone="primary" disabled={call.busy || title.trim() === ""}>
          Save
        </Button>
      </div>
    </form>
  );
}
