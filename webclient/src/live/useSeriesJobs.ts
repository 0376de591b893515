import { useEffect, useMemo, useState } from "react";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { ofSeries } from "../lib/series";
import { useLiveContext } from "./LiveContext";
import { selectJobs } from "./selectors";
import { useLiveEvery } from "./useLiveEvery";

/** A series follows the live state at most this often, in milliseconds. */
const redrawEvery = 250;

/** The jobs of a series: as the live state has them, and those that it has not, asked for once. */
export function useSeriesJobs(seriesId: string): readonly Job[] {
  const { api, learn } = useLiveContext();
  const live = useLiveEvery(selectJobs, redrawEvery);
  const [fetched, setFetched] = useState<readonly Job[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    setFetched([]);
    api.scheduler.listJobs({ seriesId, pageSize: 100 }, { signal: stop.signal }).then(
      ({ jobs, users }) => {
        learn(users);
        setFetched(jobs);
      },
      () => undefined, // the live state has those that matter
    );
    return () => stop.abort();
  }, [api, learn, seriesId]);
  return useMemo(() => {
    const jobs = new Map(fetched.map((job) => [job.id, job]));
    for (const job of live.values()) if (job.seriesId === seriesId) jobs.set(job.id, job);
    return ofSeries(jobs.values(), seriesId);
  }, [fetched, live, seriesId]);
}
