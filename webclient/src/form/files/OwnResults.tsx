import { useCallback, useState } from "react";
import { Complaint } from "../../components/Complaint";
import { ListEnd } from "../../components/ListEnd";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { type Job, JobStatus, type Result, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { JobOrder } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { filePath, formatMoment } from "../../lib/format";
import { randomUuid } from "../../lib/random";
import { startOf } from "../../lib/slots";
import { useCall } from "../../lib/useCall";
import { usePages } from "../../lib/usePages";
import { promptLine } from "../../lib/words/words";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { fileWords } from "../values";
import { cardGrid, FileCard } from "./FileCard";
import { kindOfFile, kindsOfFile } from "./kinds";

const pageSize = 60;

/** What one's own jobs have made of one kind, the latest first. One that is taken becomes a file of one's own, on the server. */
export function OwnResults({ kind, onTake }: { kind: FileKind; onTake: (id: string) => void }) {
  const { api, assets, learn } = useLiveContext();
  const now = useNow(60_000);
  const userId = useLive(({ me }) => me?.id ?? "");
  const { busy, problem, run } = useCall();
  const [taken, setTaken] = useState("");
  const ask = useCallback(
    async (pageToken: string, signal?: AbortSignal) => {
      const request = { pageSize, pageToken, userId, statuses: [JobStatus.COMPLETED], order: JobOrder.TIME_SLOT_DESC };
      const { jobs, users, nextPageToken } = await api.scheduler.listJobs(request, signal ? { signal } : {});
      learn(users);
      return { rows: jobs, next: nextPageToken };
    },
    [api, learn, userId],
  );
  const { rows, next, phase, error, more } = usePages<Job>(ask);
  const shown = rows.flatMap((job) =>
    job.results.flatMap((result, index) => (isOf(kind, result) ? [{ job, result, index }] : [])),
  );
  const take = (job: Job, index: number) =>
    run(async () => {
      setTaken(`${job.id}/${index}`);
      const request = { jobId: job.id, resultIndex: index, requestId: randomUuid() };
      const { asset } = await api.assets.createAssetFromResult(request);
      if (asset) onTake(assets.learn(asset).id);
    });
  return (
    <>
      {problem && <Complaint className="px-3 pt-3 sm:px-5">{problem.message}</Complaint>}
      <ul className={cardGrid}>
        {shown.map(({ job, result, index }) => (
          <FileCard
            key={`${job.id}/${index}`}
            name={promptLine(job)}
            note={busy && taken === `${job.id}/${index}` ? "One moment…" : formatMoment(startOf(job), now)}
            source={
              result.kind === ResultKind.IMAGE
                ? filePath("thumbnails", result.filename, { w: "320", v: job.finishedAtMs.toString() })
                : ""
            }
            icon={kindsOfFile[kind].icon}
            disabled={busy}
            onTake={() => void take(job, index)}
          />
        ))}
      </ul>
      <ListEnd
        phase={phase}
        error={error}
        empty={shown.length === 0 && `Your jobs have made no ${fileWords[kind]} yet.`}
        moreLabel="Look further back"
        more={next !== ""}
        onMore={more}
      />
    </>
  );
}

const resultOf: Partial<Record<FileKind, ResultKind>> = {
  [FileKind.IMAGE]: ResultKind.IMAGE,
  [FileKind.MASK]: ResultKind.IMAGE,
  [FileKind.VIDEO]: ResultKind.VIDEO,
  [FileKind.AUDIO]: ResultKind.AUDIO,
  [FileKind.MODEL_3D]: ResultKind.FILE,
};

function isOf(kind: FileKind, { kind: made, filename, overwritten }: Result): boolean {
  if (overwritten || made !== resultOf[kind]) return false;
  return kind !== FileKind.MODEL_3D || kindOfFile({ type: "", name: filename }) === kind;
}
