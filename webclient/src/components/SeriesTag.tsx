import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { Icon } from "./Icon";

/** That a job belongs to a series: how many of it stand here, or which one this is. Nothing for a job without one. */
export function SeriesTag({ job, count = 1 }: { job: Job; count?: number }) {
  if (job.seriesIndex === 0) return null;
  return (
    <span
      title="Booked as a series"
      className="inline-flex shrink-0 items-center gap-1 whitespace-nowrap rounded-full bg-sunken px-1.5 text-ink-soft text-xs"
    >
      <Icon name="stack" className="size-3" />
      {count > 1 ? `${count} jobs` : `no. ${job.seriesIndex}`}
      <span className="sr-only"> of a series</span>
    </span>
  );
}
