import { useEffect, useState } from "react";
import type { Series } from "../../gen/comfyscheduler/v1/series_pb";
import { useThrottled } from "../../lib/useThrottled";
import { useLive, useLiveContext } from "../../live/LiveContext";
import type { LiveState } from "../../live/state";

/** Sums are asked for again at most this often while jobs of series change, in milliseconds. */
const askEvery = 1_000;
/** The latest series: what is older has ended, and is summed up by what the grid has of it. */
const asked = 100;

/** How far the latest series are, by id: of one user, or of all. `any` is whether the grid has one at all. */
export function useSeriesSums(userId: string, any: boolean): ReadonlyMap<string, Series> {
  const { api } = useLiveContext();
  const [sums, setSums] = useState<ReadonlyMap<string, Series>>(new Map());
  const generation = useLive((state) => state.generation);
  const changes = useThrottled(useLive(changesOf), askEvery);
  // biome-ignore lint/correctness/useExhaustiveDependencies: changed jobs and a new connection are reasons to ask again
  useEffect(() => {
    if (!any) return;
    const stop = new AbortController();
    api.scheduler.listSeries({ userId, pageSize: asked }, { signal: stop.signal }).then(
      ({ series }) => setSums(new Map(series.map((each) => [each.id, each]))),
      () => undefined, // the grid tells what it knows
    );
    return () => stop.abort();
  }, [api, userId, any, generation, changes]);
  return sums;
}

const known = new WeakMap<LiveState["jobs"], number>();

/** A number that is another one whenever a job of a series has changed. */
function changesOf({ jobs }: LiveState): number {
  let changes = known.get(jobs);
  if (changes === undefined) {
    changes = 0;
    for (const job of jobs.values()) if (job.seriesId !== "") changes += 1 + Number(job.version);
    known.set(jobs, changes);
  }
  return changes;
}
