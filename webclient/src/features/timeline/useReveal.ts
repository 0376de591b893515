import { useEffect, useRef } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { extentOf } from "./blocks";
import { viewAt } from "./scale";
import type { TimelineHandle } from "./visTimeline";

/** Brings a job into sight when it is selected elsewhere on the page, once for each selection. */
export function useReveal(
  handle: TimelineHandle | undefined,
  jobs: ReadonlyMap<string, Job>,
  selectedId: string | undefined,
  leave: () => void,
): void {
  const revealed = useRef<string>(undefined);
  const job = selectedId === undefined ? undefined : jobs.get(selectedId);
  useEffect(() => {
    if (!handle || revealed.current === selectedId) return;
    if (selectedId !== undefined && !job) return;
    revealed.current = selectedId;
    if (!job) return;
    const view = handle.view();
    const { start, end } = extentOf(job);
    if (start <= view.end && end >= view.start) return;
    leave();
    handle.show(viewAt(view, start), true);
  }, [handle, job, selectedId, leave]);
}
