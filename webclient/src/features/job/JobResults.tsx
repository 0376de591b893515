import { useState } from "react";
import { Icon } from "../../components/Icon";
import { SoundPlayer } from "../../components/SoundPlayer";
import { looksOf, Thumbnail } from "../../components/Thumbnail";
import { Vanished } from "../../components/Vanished";
import { ZipLink } from "../../components/ZipLink";
import { type Job, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { formatBytes } from "../../lib/format";
import { jobArchivePath, type Made, nameOf, readableName, resultPath, resultsOf, sightsOf } from "../../lib/results";
import { promptLine } from "../../lib/words/words";
import { TextResult } from "./TextResult";

/** What a job left behind, the main result first: pictures and videos to look at, sounds, texts, and everything to keep. */
export function JobResults({ job, onOpen }: { job: Job; onOpen: (sight: number) => void }) {
  const sights = sightsOf(job);
  const others = resultsOf(job).filter((made) => !sights.some(({ index }) => index === made.index));
  const [shown, setShown] = useState(0);
  const at = Math.min(shown, sights.length - 1);
  const sight = sights[at];
  return (
    <div className="min-w-0 space-y-3">
      {sight && (
        <figure className="space-y-2">
          <Sight key={sight.index} made={sight} onOpen={() => onOpen(at)} />
          {sights.length > 1 && <Strip sights={sights} at={at} onChoose={setShown} />}
          <KeepRow made={sight} />
        </figure>
      )}
      {others.map((made) => (
        <OtherResult key={made.index} made={made} />
      ))}
      <KeepAll job={job} />
    </div>
  );
}

/** The small pictures below the large one: one of them is shown. */
function Strip(props: { sights: readonly Made[]; at: number; onChoose: (at: number) => void }) {
  const { sights, at, onChoose } = props;
  return (
    <ul className="flex gap-2 overflow-x-auto p-0.5">
      {sights.map(({ job, result, index }, place) => (
        <li key={index} className="shrink-0">
          <button
            type="button"
            onClick={() => onChoose(place)}
            aria-label={`Show ${place + 1} of ${sights.length}`}
            aria-pressed={place === at}
            className={`block overflow-hidden rounded-lg transition-opacity ${
              place === at ? "ring-2 ring-accent" : "opacity-70 hover:opacity-100"
            }`}
          >
            <Thumbnail result={result} stamp={job.finishedAtMs} alt="" className="size-14 sm:size-16" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A picture or a video, as large as the panel is wide. */
function Sight({ made, onOpen }: { made: Made; onOpen: () => void }) {
  const [vanished, setVanished] = useState(false);
  const { job, result } = made;
  const video = result.kind === ResultKind.VIDEO;
  if (vanished) return <Vanished what={video ? "video" : "picture"} />;
  const look = "max-h-[26rem] w-full object-contain";
  if (video)
    return (
      // biome-ignore lint/a11y/useMediaCaption: generated clips come without captions
      <video
        src={resultPath(made)}
        controls
        loop
        playsInline
        preload="metadata"
        onError={() => setVanished(true)}
        aria-label={promptLine(job)}
        className={`rounded-xl bg-sunken ${look}`}
      />
    );
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label="Open the picture"
      className="block w-full cursor-zoom-in overflow-hidden rounded-xl bg-sunken"
    >
      <img src={resultPath(made)} alt={promptLine(job)} onError={() => setVanished(true)} className={look} />
    </button>
  );
}

/** The name of a file, its size, and the way to keep it. */
function KeepRow({ made }: { made: Made }) {
  const { result } = made;
  const name = readableName(made);
  return (
    <div className="flex items-center gap-2">
      <p title={nameOf(result)} className="min-w-0 flex-1 text-ink-faint text-xs">
        <span className="line-clamp-2 [overflow-wrap:anywhere]">{name}</span>
        {result.sizeBytes > 0n && formatBytes(Number(result.sizeBytes))}
      </p>
      <a
        href={resultPath(made, true)}
        download
        className="inline-flex min-h-9 shrink-0 items-center gap-2 rounded-lg border border-line-strong px-3 font-medium
          text-sm hover:bg-raised"
      >
        <Icon name="download" className="size-4 shrink-0" />
        Download<span className="sr-only"> {name}</span>
      </a>
    </div>
  );
}

/** The way to keep everything at once of a job that has several results. */
function KeepAll({ job }: { job: Job }) {
  if (job.results.length < 2) return null;
  return (
    <p className="text-sm">
      <ZipLink path={jobArchivePath(job)}>All {job.results.length} as a zip</ZipLink>
    </p>
  );
}

function OtherResult({ made }: { made: Made }) {
  const { result } = made;
  const [vanished, setVanished] = useState(false);
  if (result.kind === ResultKind.TEXT && result.filename === "") return <TextResult text={result.text} />;
  if (result.overwritten)
    return (
      <p className="rounded-xl bg-sunken px-3 py-4 text-center text-ink-faint text-sm [overflow-wrap:anywhere]">
        {nameOf(result)} is not there any more: another job has written over it since.
      </p>
    );
  if (result.kind === ResultKind.AUDIO)
    return (
      <div className="space-y-2">
        {vanished ? (
          <Vanished what="sound" />
        ) : (
          <SoundPlayer source={resultPath(made)} name={readableName(made)} onGone={() => setVanished(true)} />
        )}
        <KeepRow made={made} />
      </div>
    );
  const { icon, look } = looksOf(result);
  return (
    <div className="flex items-center gap-3 rounded-xl border border-line p-2.5">
      <span aria-hidden="true" className={`grid size-12 shrink-0 place-items-center rounded-lg ${look}`}>
        <Icon name={icon} className="size-6" />
      </span>
      <div className="min-w-0 flex-1">
        <KeepRow made={made} />
      </div>
    </div>
  );
}
