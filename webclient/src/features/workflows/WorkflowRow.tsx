import { Icon } from "../../components/Icon";
import { WorkflowBadges } from "../../components/WorkflowBadges";
import { WorkflowPicture } from "../../components/WorkflowPicture";
import type { WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { estimateWords, problemsWords, resultWords, sourceWords, titleOf } from "../../lib/words/workflow";

/** A workflow in the list; it opens when it is pressed. */
export function WorkflowRow({ summary, onOpen }: { summary: WorkflowSummary; onOpen: () => void }) {
  const { id, description, tags, thumbnail, results, source, problems, bookable, disabled } = summary;
  const [kind] = results;
  return (
    <li>
      <button
        type="button"
        onClick={onOpen}
        className={`flex w-full items-center gap-3 px-3 py-2.5 text-left transition-colors hover:bg-raised sm:gap-4 sm:px-4`}
      >
        <WorkflowPicture
          thumbnail={thumbnail}
          id={id}
          kind={kind}
          className={`size-16 shrink-0 rounded-lg sm:h-16 sm:w-24 ${disabled ? "opacity-60 grayscale" : bookable ? "" : "saturate-50"}`}
        />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="font-semibold [overflow-wrap:anywhere]">{titleOf(summary)}</span>
            <WorkflowBadges summary={summary} />
          </span>
          {!disabled && !bookable && problems.length > 0 ? (
            <span className="block truncate text-failed-ink text-sm">{problemsWords(problems)}</span>
          ) : (
            description && <span className="line-clamp-1 text-ink-soft text-sm">{description}</span>
          )}
          <span className="flex flex-wrap items-center gap-x-2 text-ink-faint text-xs">
            <span>
              {[sourceWords[source], kind !== undefined && resultWords[kind], estimateWords(summary)]
                .filter(Boolean)
                .join(" · ")}
            </span>
            {tags.slice(0, 4).map((tag) => (
              <span key={tag}>#{tag}</span>
            ))}
          </span>
        </span>
        <Icon name="chevronRight" className="size-5 shrink-0 text-ink-faint" />
      </button>
    </li>
  );
}
