import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { useThrottled } from "../../lib/useThrottled";
import { loadsOf, type Row, rowSizes, rowsInSight, rowsOf } from "./rows";
import type { View } from "./scale";

/** The loads follow the view at this pace, in milliseconds. */
const weighEvery = 300;

/** The lanes of the timeline, and which of them are in sight: only those are drawn. `frame` is what scrolls. */
export function useRows(
  frame: RefObject<HTMLElement | null>,
  workers: readonly Worker[],
  jobs: ReadonlyMap<string, Job>,
  view: View | undefined,
) {
  const rows = useSteady(useMemo(() => rowsOf(workers, jobs.values()), [workers, jobs]));
  const width = useWidth(frame);
  const sizes = useMemo(() => rowSizes(width), [width]);
  const [sight, setSight] = useState({ start: 0, end: 12 });
  const count = rows.length;

  useEffect(() => {
    const element = frame.current;
    if (!element || count === 0) return;
    const look = () => {
      const next = rowsInSight({ top: element.scrollTop, height: element.clientHeight }, sizes, count);
      setSight((known) => (known.start === next.start && known.end === next.end ? known : next));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [frame, sizes, count]);

  const settled = useThrottled(view, weighEvery);
  const loads = useMemo(
    () => (settled && count > 0 ? loadsOf(jobs.values(), settled) : new Map<string, number>()),
    [jobs, settled, count],
  );
  const places = useMemo(() => {
    if (count === 0) return undefined;
    return new Map(rows.map(({ id }, place) => [id, place] as const).slice(sight.start, sight.end));
  }, [rows, count, sight]);
  return { rows, sizes, loads, places };
}

/** The same array while its lanes are the same: every change of a job asks for them. */
function useSteady(rows: readonly Row[]): readonly Row[] {
  const kept = useRef(rows);
  const same = (row: Row, at: number) => kept.current[at]?.id === row.id && kept.current[at]?.worker === row.worker;
  if (rows.length !== kept.current.length || !rows.every(same)) kept.current = rows;
  return kept.current;
}

function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(() => (typeof innerWidth === "number" ? innerWidth : 1_000));
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
