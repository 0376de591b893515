import { useCallback, useEffect, useMemo, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { JobOrder } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import type { JobQuery, Known } from "./query";

const pageSize = 50;
/** The grid follows the live state at most this often, in milliseconds. */
const redrawEvery = 250;

interface Pages {
  readonly jobs: readonly Job[];
  /** Token of the page to come; empty on the last. */
  readonly next: string;
  readonly phase: "loading" | "ready" | "failed";
  readonly error: string;
}

const noPages: Pages = { jobs: [], next: "", phase: "loading", error: "" };

/** What is known of the jobs of a query, page by page from the server, and the live state at the same moment. */
export function useKnownJobs(query: JobQuery) {
  const { api } = useLiveContext();
  const generation = useLive((state) => state.generation);
  const live = useLiveEvery(selectJobs, redrawEvery);
  const [pages, setPages] = useState(noPages);

  const load = useCallback(
    async (before: Pages, signal?: AbortSignal) => {
      setPages({ ...before, phase: "loading" });
      const order = query.descending ? JobOrder.TIME_SLOT_DESC : JobOrder.TIME_SLOT_ASC;
      const { statuses, userId } = query;
      try {
        const request = { pageSize, pageToken: before.next, statuses: [...statuses], userId, order };
        const page = await api.scheduler.listJobs(request, signal ? { signal } : {});
        setPages({ jobs: [...before.jobs, ...page.jobs], next: page.nextPageToken, phase: "ready", error: "" });
      } catch (cause) {
        if (!signal?.aborted) setPages({ ...before, phase: "failed", error: problemOf(cause).message });
      }
    },
    [api, query],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is the reason to fetch anew
  useEffect(() => {
    const stop = new AbortController();
    void load(noPages, stop.signal);
    return () => stop.abort();
  }, [load, generation]);

  const more = pages.next !== "" || pages.phase !== "ready";
  const known = useMemo<Known>(() => ({ pages: pages.jobs, live, more }), [pages.jobs, live, more]);
  return {
    known,
    more: pages.next !== "",
    phase: pages.phase,
    error: pages.error,
    loadMore: () => void load(pages),
  };
}
