import { useEffect, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";

/** Ids are UUIDs; an address may hold anything. */
const shape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A job by id: live, with long texts cut, when the live state has it; else asked for. */
export function useJob(id: string): { job?: Job | undefined; error?: string | undefined } {
  const { api, learn } = useLiveContext();
  const live = useLive(({ jobs }) => jobs.get(id));
  const ready = useLive(({ revision }) => revision !== undefined);
  const [asked, setAsked] = useState<{ id: string; job?: Job | undefined; error?: string }>();
  const generation = useLive((state) => state.generation);
  const possible = shape.test(id);
  const missing = ready && possible && live === undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection is a reason to ask again
  useEffect(() => {
    if (!missing) return;
    const stop = new AbortController();
    api.scheduler.getJob({ jobId: id }, { signal: stop.signal }).then(
      ({ job, users }) => {
        learn(users);
        setAsked({ id, job });
      },
      (cause) => stop.signal.aborted || setAsked({ id, error: problemOf(cause).message }),
    );
    return () => stop.abort();
  }, [api, learn, id, missing, generation]);

  if (live) return { job: live };
  if (!possible) return { error: "There is no such job." };
  return asked?.id === id ? { job: asked.job, error: asked.error } : {};
}
