import { useState } from "react";
import { Icon } from "../../components/Icon";
import { Thumbnail } from "../../components/Thumbnail";
import { Vanished } from "../../components/Vanished";
import { type Job, type Result, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { filePath } from "../../lib/format";
import { promptLine } from "../../lib/words/words";

/** What a job left behind: its pictures to look at, and everything to keep. */
export function JobResults({ job, onOpen }: { job: Job; onOpen: (picture: number) => void }) {
  const pictures = job.results.filter(({ kind }) => kind === ResultKind.IMAGE);
  const others = job.results.filter(({ kind }) => kind !== ResultKind.IMAGE);
  const [first, ...rest] = pictures;
  return (
    <div className="space-y-3">
      {first && <FirstPicture key={first.filename} job={job} filename={first.filename} onOpen={() => onOpen(0)} />}
      {rest.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {rest.map((result, index) => (
            <li key={result.filename}>
              <button type="button" onClick={() => onOpen(index + 1)} aria-label={`Open picture ${index + 2}`}>
                <Thumbnail result={result} stamp={job.finishedAtMs} alt="" className="size-20 rounded-lg" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {others.map((result) => (
        <OtherResult
          key={`${result.nodeId}/${result.filename}/${result.text}`}
          result={result}
          stamp={job.finishedAtMs}
        />
      ))}
      <ul className="flex flex-wrap gap-2">
        {job.results
          .filter(({ filename }) => filename !== "")
          .map(({ filename }) => (
            <li key={filename} className="min-w-0">
              <a
                href={filePath("images", filename)}
                download={filename.split("/").at(-1)}
                className="inline-flex min-h-9 max-w-full items-center gap-2 rounded-lg border border-line-strong px-3 font-medium text-sm hover:bg-raised"
              >
                <Icon name="download" className="size-4 shrink-0" />
                <span className="truncate">{job.results.length === 1 ? "Download" : filename.split("/").at(-1)}</span>
              </a>
            </li>
          ))}
      </ul>
    </div>
  );
}

function FirstPicture({ job, filename, onOpen }: { job: Job; filename: string; onOpen: () => void }) {
  const [vanished, setVanished] = useState(false);
  if (vanished) return <Vanished what="picture" />;
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label="Open the picture"
      className="block w-full cursor-zoom-in overflow-hidden rounded-xl bg-sunken"
    >
      <img
        src={filePath("images", filename, { v: job.finishedAtMs.toString() })}
        alt={promptLine(job)}
        onError={() => setVanished(true)}
        className="max-h-[26rem] w-full object-contain"
      />
    </button>
  );
}

function OtherResult({ result, stamp }: { result: Result; stamp: bigint }) {
  const [vanished, setVanished] = useState(false);
  const source = filePath("images", result.filename, { v: stamp.toString() });
  const onError = () => setVanished(true);
  switch (result.kind) {
    case ResultKind.VIDEO:
      if (vanished) return <Vanished what="video" />;
      // biome-ignore lint/a11y/useMediaCaption: generated clips come without captions
      return <video src={source} controls onError={onError} className="w-full rounded-xl bg-sunken" />;
    case ResultKind.AUDIO:
      if (vanished) return <Vanished what="sound" />;
      // biome-ignore lint/a11y/useMediaCaption: generated sounds come without captions
      return <audio src={source} controls onError={onError} className="w-full" />;
    case ResultKind.TEXT:
      return <pre className="whitespace-pre-wrap rounded-xl bg-sunken p-3 font-sans text-sm">{result.text}</pre>;
    default:
      return null;
  }
}
