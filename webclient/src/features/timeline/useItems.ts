import { useEffect, useMemo, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { movedTo } from "../../lib/slots";
import { useThrottled } from "../../lib/useThrottled";
import type { Viewer } from "../../lib/words/words";
import { type BlockItem, overrunItem, toItem } from "./blockItem";
import { layOut, overrunOf } from "./blocks";
import { msPerPixel, type View } from "./scale";

/** A zooming hand passes many scales: only those it rests on this long, in milliseconds, are laid out. */
const restageEvery = 180;

/** The stretch that is laid out: the view with half as much on either side, so that panning needs no new layout. */
interface Stage {
  readonly start: number;
  readonly end: number;
  readonly scale: number;
}

function stageOf(view: View): Stage {
  const margin = (view.end - view.start) / 2;
  return { start: view.start - margin, end: view.end + margin, scale: msPerPixel(view) };
}

function fits(stage: Stage, view: View): boolean {
  const zoom = msPerPixel(view) / stage.scale;
  return view.start >= stage.start && view.end <= stage.end && zoom < 1.5 && zoom > 0.67;
}

/** The items to draw for the jobs in and about the view. */
export function useItems(
  known: ReadonlyMap<string, Job>,
  view: View | undefined,
  now: number,
  viewer: Viewer,
  dropped: { readonly job: Job; readonly start: number; readonly workerId: string } | undefined,
  /** The lanes that are drawn, with their place from above; absent when there is one alone. */
  rows?: ReadonlyMap<string, number>,
): readonly BlockItem[] {
  const [stage, setStage] = useState<Stage>();
  const settling = useThrottled(view, restageEvery);
  useEffect(() => {
    if (settling && settling.width > 0)
      setStage((stage) => (stage && fits(stage, settling) ? stage : stageOf(settling)));
  }, [settling]);

  // A dropped block stays where it was dropped until the live state knows better.
  const jobs = useMemo(() => {
    if (!dropped || known.get(dropped.job.id)?.version !== dropped.job.version) return known;
    return new Map(known).set(dropped.job.id, movedTo(dropped.job, dropped.start, dropped.workerId));
  }, [known, dropped]);
  const blocks = useMemo(
    () =>
      stage
        ? layOut(drawn(jobs, rows), stage, stage.scale).map((block) =>
            toItem(block, viewer, rows?.get(block.job.workerId)),
          )
        : [],
    [jobs, stage, viewer, rows],
  );
  const late = useMemo(() => [...drawn(jobs, rows)].filter((job) => overrunOf(job, now) > 0), [jobs, now, rows]);
  return useMemo(
    () => [...blocks, ...late.map((job) => overrunItem(job, now, rows?.get(job.workerId)))],
    [blocks, late, now, rows],
  );
}

/** The jobs of the lanes that are drawn. */
function* drawn(jobs: ReadonlyMap<string, Job>, rows: ReadonlyMap<string, number> | undefined): Iterable<Job> {
  for (const job of jobs.values()) if (!rows || rows.has(job.workerId)) yield job;
}
