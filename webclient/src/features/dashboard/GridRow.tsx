import { memo } from "react";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { OwnerCell, PictureCell, PromptCell, StatusCell, TimeCell } from "./cells";

/** The ground of rows by what they show. */
export const rowLooks: Partial<Record<JobStatus, string>> = {
  [JobStatus.COMPLETED]: "bg-done-wash",
  [JobStatus.PROCESSING]: "bg-running-wash",
};

interface GridRowProps {
  readonly job: Job;
  readonly onOpen: (jobId: string) => void;
  /** It stands below the series that it belongs to. */
  readonly nested?: boolean;
}

/** One job. A job that did not change keeps its object, so that its row is not rendered again. */
export const GridRow = memo(function GridRow({ job, onOpen, nested = false }: GridRowProps) {
  return (
    <tr
      data-status={JobStatus[job.status].toLowerCase()}
      className={`border-line border-b align-middle last:border-0 ${rowLooks[job.status] ?? ""}`}
    >
      <td className={`w-20 py-2 pl-4 ${nested ? "shadow-[inset_4px_0_0_var(--color-accent)]" : ""}`}>
        <PictureCell job={job} onOpen={onOpen} />
      </td>
      <td className="whitespace-nowrap px-3 py-2">
        <TimeCell job={job} />
      </td>
      <td className="px-3 py-2 max-md:hidden">
        <OwnerCell job={job} />
      </td>
      <td className="px-3 py-2 max-md:hidden">
        <StatusCell job={job} />
      </td>
      <td className="w-full min-w-0 py-2 pr-4 pl-3">
        <div className="mb-0.5 flex flex-wrap items-center gap-2 md:hidden">
          <OwnerCell job={job} />
          <StatusCell job={job} />
        </div>
        <PromptCell job={job} inSeries={nested} />
      </td>
    </tr>
  );
});
