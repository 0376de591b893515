import { useCallback, useMemo } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { JobOrder } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { usePages } from "../../lib/usePages";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import type { JobQuery, Known } from "./query";

const pageSize = 50;
/** The grid follows the live state at most this often, in milliseconds. */
const redrawEvery = 250;

/** What is known of the jobs of a query, page by page from the server, and the live state at the same moment. */
export function useKnownJobs(query: JobQuery) {
  const { api, learn } = useLiveContext();
  const generation = useLive((state) => state.generation);
  const live = useLiveEvery(selectJobs, redrawEvery);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is the reason to fetch anew
  const ask = useCallback(
    async (pageToken: string, signal?: AbortSignal) => {
      const order = query.descending ? JobOrder.TIME_SLOT_DESC : JobOrder.TIME_SLOT_ASC;
      const request = { pageSize, pageToken, statuses: [...query.statuses], userId: query.userId, order };
      const { jobs, users, nextPageToken } = await api.scheduler.listJobs(request, signal ? { signal } : {});
      learn(users);
      return { rows: jobs, next: nextPageToken };
    },
    [api, learn, query, generation],
  );
  const { rows, next, phase, error, more } = usePages<Job>(ask);

  const unfinished = next !== "" || phase !== "ready";
  const known = useMemo<Known>(() => ({ pages: rows, live, more: unfinished }), [rows, live, unfinished]);
  return { known, more: next !== "", phase, error, loadMore: more };
}
