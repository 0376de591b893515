import { Button } from "../../components/Button";
import { Confirm } from "../../components/Confirm";
import { Icon } from "../../components/Icon";
import { Tag } from "../../components/Tag";
import { WorkflowBadges } from "../../components/WorkflowBadges";
import { WorkflowPicture } from "../../components/WorkflowPicture";
import { type Workflow, WorkflowSource } from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatAge, formatFull, plural } from "../../lib/format";
import { estimateWords, resultWords, sourceWords, titleOf } from "../../lib/words/workflow";
import { useNow } from "../../live/now";
import { FileButton } from "./DropZone";

/** WorkflowHeadProps are a workflow and what can be done with it as a whole. */
export interface WorkflowHeadProps {
  readonly workflow: Workflow;
  readonly busy: boolean;
  readonly onBook: () => void;
  readonly onTexts: () => void;
  readonly onPicture: () => void;
  readonly onSwitch: () => void;
  readonly onReplace: (file: File) => void;
  readonly onDelete: () => void;
}

/** What a workflow is, at the top of its page. */
export function WorkflowHead(props: WorkflowHeadProps) {
  const { workflow, busy, onBook, onTexts, onPicture, onSwitch, onReplace, onDelete } = props;
  const { summary, editable } = workflow;
  if (!summary) return null;
  const { id, description, tags, thumbnail, results, disabled, bookable, source } = summary;
  const imported = source === WorkflowSource.IMPORT;
  return (
    <section aria-label="Workflow" className="card flex flex-col gap-4 p-4 sm:flex-row sm:gap-6 sm:p-5">
      <div className="relative shrink-0 self-start max-sm:w-full">
        <WorkflowPicture
          thumbnail={thumbnail}
          id={id}
          kind={results[0]}
          className="aspect-[16/10] w-full rounded-xl sm:w-64"
        />
        {editable && (
          <Button className="absolute right-2 bottom-2 min-h-8 shadow-card" onClick={onPicture}>
            <Icon name="image" className="size-4" />
            Picture
          </Button>
        )}
      </div>
      <div className="flex min-w-0 flex-1 flex-col gap-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="font-semibold text-xl [overflow-wrap:anywhere]">{titleOf(summary)}</h1>
          <WorkflowBadges summary={summary} />
        </div>
        <p dir="auto" className="whitespace-pre-wrap text-ink-soft [overflow-wrap:anywhere]">
          {description || (editable ? "Nobody has said yet what it does." : "")}
        </p>
        {tags.length > 0 && (
          <p className="flex flex-wrap gap-1.5">
            {tags.map((tag) => (
              <Tag key={tag} round>
                {tag}
              </Tag>
            ))}
          </p>
        )}
        <Meta workflow={workflow} />
        <div className="mt-auto flex flex-wrap items-center gap-2 pt-2">
          {bookable && !disabled && (
            <Button tone="primary" className="min-h-10" onClick={onBook}>
              Book it
            </Button>
          )}
          {editable && (
            <>
              <Button className="min-h-10" onClick={onTexts}>
                <Icon name="pencil" className="size-4" />
                Describe it
              </Button>
              {imported && (
                <FileButton
                  onFiles={([file]) => file && onReplace(file)}
                  className="inline-flex min-h-10 cursor-pointer items-center gap-2 rounded-lg border border-line-strong
                    bg-surface px-3.5 font-medium text-sm hover:bg-raised"
                >
                  <Icon name="upload" className="size-4" />
                  New version
                </FileButton>
              )}
              <Button className="min-h-10" disabled={busy} onClick={onSwitch}>
                <Icon name="power" className="size-4" />
                {disabled ? "Switch on" : "Switch off"}
              </Button>
              {imported && (
                <Confirm
                  tone="danger"
                  className="min-h-10"
                  disabled={busy}
                  question="Nobody can book it any more; what is booked still runs. Delete it?"
                  yes="Delete"
                  onYes={onDelete}
                >
                  <Icon name="trash" className="size-4" />
                  Delete
                </Confirm>
              )}
            </>
          )}
        </div>
        {!editable && source !== WorkflowSource.IMPORT && (
          <p className="text-ink-faint text-xs">It comes from the server's {sourceWords[source].toLowerCase()}.</p>
        )}
      </div>
    </section>
  );
}

/** Where it comes from, and how large it is. */
function Meta({ workflow: { summary, filename, importedBy, nodeCount } }: { workflow: Workflow }) {
  const now = useNow(60_000);
  if (!summary) return null;
  const { source, results, updatedAtMs } = summary;
  const updated = Number(updatedAtMs);
  const facts = [
    importedBy ? `${sourceWords[source]} by ${importedBy}` : sourceWords[source],
    filename,
    results[0] !== undefined && resultWords[results[0]],
    estimateWords(summary),
    nodeCount > 0 && plural(nodeCount, "node"),
  ].filter(Boolean);
  return (
    <p className="text-ink-faint text-sm [overflow-wrap:anywhere]">
      {facts.join(" · ")}
      {updated > 0 && <span title={formatFull(updated)}> · changed {formatAge(updated, now)}</span>}
    </p>
  );
}
