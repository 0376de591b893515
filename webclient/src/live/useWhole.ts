import { useEffect, useMemo, useState } from "react";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { problemOf } from "../lib/problem";
import { useLive, useLiveContext } from "./LiveContext";

/**
 * The job with all of its texts, asked for when they are cut. While a new version is being asked for, the texts of the one
 * before stand in, under that one's version; absent while there are none.
 */
export function useWhole(job: Job | undefined): { whole?: Job | undefined; error: string } {
  const { whole } = useLiveContext();
  const generation = useLive((state) => state.generation);
  const [last, setLast] = useState<{ job?: Job | undefined; id: string; error: string }>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection is a reason to ask again
  useEffect(() => {
    if (!job) return;
    let wanted = true;
    whole.fetch(job).then(
      (found) => wanted && setLast({ job: found, id: job.id, error: "" }),
      (cause) =>
        wanted &&
        setLast((known) => ({
          id: job.id,
          job: known?.id === job.id ? known.job : undefined,
          error: problemOf(cause).message,
        })),
    );
    return () => {
      wanted = false;
    };
  }, [job, whole, generation]);

  const mine = last?.id === job?.id ? last : undefined;
  const texts = (job && whole.get(job)) ?? mine?.job;
  const merged = useMemo(() => job && texts && withTexts(job, texts), [job, texts]);
  return { whole: merged, error: mine?.error ?? "" };
}

/** How the job goes is known best to the live state; its texts are not. */
function withTexts(job: Job, { version, prompt, inputs, error, results }: Job): Job {
  if (!job.shortened) return job;
  const outcome = version >= job.version ? { error, results } : {};
  return { ...job, version, prompt, inputs, ...outcome, shortened: false };
}
