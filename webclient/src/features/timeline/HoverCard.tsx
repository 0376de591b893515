import type { CSSProperties } from "react";
import { PromptLine } from "../../components/PromptLine";
import { StatusBadge } from "../../components/StatusBadge";
import { WorkerName } from "../../components/WorkerName";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatSlot } from "../../lib/format";
import { promiseWords } from "../../lib/words/promise";
import { useOwner } from "../../live/names";
import { extentOf } from "./blocks";
import { msPerPixel, type View } from "./scale";

/** What a block is, for the pointer that rests on it. The same is in the list and in the panel for everybody else. */
export function HoverCard(props: { job: Job; view: View; now: number; look?: CSSProperties }) {
  const { job, view, now, look } = props;
  const owner = useOwner(job);
  const promise = promiseWords(job);
  const extent = extentOf(job);
  const scale = msPerPixel(view);
  const middle = ((Math.max(extent.start, view.start) + Math.min(extent.end, view.end)) / 2 - view.start) / scale;
  const half = Math.min(150, view.width / 2);
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-full z-20 -mt-3 w-[300px] max-w-full -translate-x-1/2 rounded-xl border
        border-line bg-surface p-3 text-sm shadow-float"
      style={{ left: Math.min(Math.max(middle, half), view.width - half), ...look }}
    >
      <div className="flex items-center justify-between gap-2">
        <span className="truncate font-semibold">{owner}</span>
        <StatusBadge status={job.status} />
      </div>
      <p className="text-ink-soft">
        {formatSlot(extent, now)} · {formatDuration(extent.end - extent.start)}
      </p>
      <WorkerName id={job.workerId} className="mt-1 text-ink-soft" />
      {promise && <p className="text-done-ink">{promise}</p>}
      <p className="mt-1 line-clamp-3 text-ink-soft">
        <PromptLine job={job} />
      </p>
    </div>
  );
}
