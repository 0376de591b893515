import { useEffect, useState } from "react";
import type { GetDayStatsResponse } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { timeZone } from "../../lib/format";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";

/** Changes are answered by one question in this many milliseconds. */
const every = 1_500;

/** Today's numbers as the server counts them, asked again when jobs change and when the minute turns. */
export function useTodayStats(): GetDayStatsResponse | undefined {
  const { api } = useLiveContext();
  const [stats, setStats] = useState<GetDayStatsResponse>();
  const jobs = useLiveEvery(selectJobs, every);
  const live = useLive(({ link }) => link.phase === "live");
  const minute = useNow(60_000);

  // biome-ignore lint/correctness/useExhaustiveDependencies: changed jobs and a new minute are the reasons to ask
  useEffect(() => {
    if (!live) return;
    const stop = new AbortController();
    // A failure keeps the old numbers; the page says by itself when the server is away.
    api.scheduler.getDayStats({ timeZone }, { signal: stop.signal }).then(setStats, () => {});
    return () => stop.abort();
  }, [api, jobs, minute, live]);

  return stats;
}
