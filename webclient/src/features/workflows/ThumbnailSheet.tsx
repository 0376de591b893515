import { useCallback } from "react";
import { Button } from "../../components/Button";
import { ListEnd } from "../../components/ListEnd";
import { Sheet } from "../../components/Sheet";
import { Thumbnail } from "../../components/Thumbnail";
import { type Job, JobStatus, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { JobOrder } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { usePages } from "../../lib/usePages";
import { promptLine } from "../../lib/words/words";
import { useLiveContext } from "../../live/LiveContext";

const pageSize = 40;

/** The pictures that were made with a workflow, to choose one as the workflow's own. */
export function ThumbnailSheet(props: {
  workflowId: string;
  busy: boolean;
  /** The job whose picture it is to be; empty for none. */
  onChoose: (jobId: string) => void;
  onClose: () => void;
}) {
  const { workflowId, busy, onChoose, onClose } = props;
  const { api } = useLiveContext();
  const list = usePages<Job>(
    useCallback(
      async (pageToken, signal) => {
        const request = {
          pageToken,
          pageSize,
          workflowId,
          statuses: [JobStatus.COMPLETED],
          order: JobOrder.TIME_SLOT_DESC,
        };
        const { jobs, nextPageToken } = await api.scheduler.listJobs(request, signal ? { signal } : {});
        return { rows: jobs, next: nextPageToken };
      },
      [api, workflowId],
    ),
  );
  const pictures = list.rows.flatMap((job) => {
    const result = job.results.find(({ kind }) => kind === ResultKind.IMAGE);
    return result ? [{ job, result }] : [];
  });
  return (
    <Sheet
      title="Choose its picture"
      onClose={onClose}
      foot={
        <div className="flex justify-end">
          <Button disabled={busy} onClick={() => onChoose("")}>
            No picture
          </Button>
        </div>
      }
    >
      <ul className="grid grid-cols-3 gap-2 p-3 sm:grid-cols-5 sm:p-5">
        {pictures.map(({ job, result }) => (
          <li key={job.id}>
            <button
              type="button"
              disabled={busy}
              title={promptLine(job)}
              onClick={() => onChoose(job.id)}
              className="block w-full overflow-hidden rounded-lg ring-accent hover:ring-2"
            >
              <Thumbnail
                result={result}
                stamp={job.finishedAtMs}
                alt={promptLine(job) || "Picture"}
                className="aspect-square w-full"
              />
            </button>
          </li>
        ))}
      </ul>
      <ListEnd
        {...list}
        empty={pictures.length === 0 && "No picture was made with it yet: book it first."}
        more={list.next !== ""}
        onMore={list.more}
      />
    </Sheet>
  );
}
