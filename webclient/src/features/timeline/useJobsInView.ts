import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { startOf } from "../../lib/slots";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { selectEnded, selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import { createArchive, merged } from "./archive";
import type { View } from "./scale";

/** A few redraws in a second are enough for a busy timeline, in milliseconds; one change alone is drawn at once. */
const redrawEvery = 250;
/** A view must rest this long before jobs are fetched for it. */
const settle = 200;

/** The jobs that the view may show: the live ones, and fetched ones where the live state does not reach. */
export function useJobsInView(view: View | undefined): ReadonlyMap<string, Job> {
  const { api, learn } = useLiveContext();
  const [archive] = useState(() => createArchive(api, learn));
  const live = useLiveEvery(selectJobs, redrawEvery);
  const archived = useSyncExternalStore(archive.subscribe, archive.get);
  const generation = useLive((state) => state.generation);
  const scheduledUntil = useLive((state) => state.scheduledUntil);
  const last = useLiveEvery(selectEnded, redrawEvery).at(-1);
  const oldest = last ? startOf(last) : 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is the reason to forget
  useEffect(() => archive.clear(), [archive, generation]);

  useEffect(() => {
    if (!view || generation === 0) return;
    const timer = setTimeout(() => {
      const span = view.end - view.start;
      // A server without a history sends none, so that there is nothing to fetch before it.
      if (oldest > 0 && view.start < oldest) void archive.ensure({ start: view.start - span, end: oldest });
      if (scheduledUntil > 0 && view.end > scheduledUntil)
        void archive.ensure({ start: scheduledUntil, end: view.end + span });
    }, settle);
    return () => clearTimeout(timer);
  }, [archive, view, oldest, scheduledUntil, generation]);

  return useMemo(() => merged(live, archived), [live, archived]);
}
