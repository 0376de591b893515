import { useState } from "react";
import { Icon } from "../../components/Icon";
import { WorkflowBadges } from "../../components/WorkflowBadges";
import { WorkflowPicture } from "../../components/WorkflowPicture";
import type { WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { estimateWords, titleOf } from "../../lib/words/workflow";
import { WorkflowChoices } from "./WorkflowChoices";

/** The workflow that is booked, and the way to another one. */
export function WorkflowPicker(props: {
  workflows: readonly WorkflowSummary[];
  chosen: WorkflowSummary;
  onChoose: (id: string) => void;
}) {
  const { workflows, chosen, onChoose } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        className="flex w-full items-center gap-3 rounded-xl border border-line bg-raised p-2 pr-3 text-left
          transition-colors hover:border-line-strong"
      >
        <WorkflowPicture
          thumbnail={chosen.thumbnail}
          id={chosen.id}
          kind={chosen.results[0]}
          className="size-14 shrink-0 rounded-lg"
        />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
            <span className="sr-only">Workflow: </span>
            <span className="truncate font-semibold">{titleOf(chosen)}</span>
            <WorkflowBadges summary={chosen} />
          </span>
          <span className="line-clamp-1 text-ink-soft text-sm">{chosen.description}</span>
          <span className="flex items-center gap-1 text-ink-faint text-xs">
            <Icon name="clock" className="size-3.5 shrink-0" />
            {estimateWords(chosen)}
          </span>
        </span>
        <span className="flex shrink-0 items-center gap-1 font-medium text-accent-ink text-sm">
          <span className="max-[26rem]:sr-only">Change</span>
          <Icon name="chevronDown" className="size-4" />
        </span>
      </button>
      {open && (
        <WorkflowChoices
          workflows={workflows}
          chosenId={chosen.id}
          onClose={() => setOpen(false)}
          onChoose={(id) => {
            setOpen(false);
            onChoose(id);
          }}
        />
      )}
    </>
  );
}
