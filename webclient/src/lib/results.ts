import { type Job, type Result, ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { filePath } from "./format";

/** Made is a result of a job with its place among all of them. */
export interface Made {
  readonly job: Job;
  readonly result: Result;
  /** Its place in Job.results. */
  readonly index: number;
}

/** The results of a job, its main picture first and the others in the order of the workflow. */
export function resultsOf(job: Job): readonly Made[] {
  const all = job.results.map((result, index) => ({ job, result, index }));
  const main = all.findIndex(({ result }) => result.filename !== "" && result.filename === job.resultFilename);
  return main < 0 ? all : [...all.slice(main, main + 1), ...all.slice(0, main), ...all.slice(main + 1)];
}

/** Those that are looked at at full size: pictures and videos. */
export function sightsOf(job: Job): readonly Made[] {
  return resultsOf(job).filter(
    ({ result }) => !result.overwritten && (result.kind === ResultKind.IMAGE || result.kind === ResultKind.VIDEO),
  );
}

/** The address of the file of a result. */
export function resultPath({ job, result }: Made): string {
  return filePath("images", result.filename, { v: job.finishedAtMs.toString() });
}

/** Longest part of a name that comes from the prompt, in characters. */
const longest = 60;

/** What the file of a result is called when it is kept, such as "red-fox_seed-42.png"; of several, all but the first have a number. */
export function readableName(made: Made): string {
  const { job, result } = made;
  const words = job.prompt
    .normalize("NFC")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter(Boolean);
  let about = "";
  for (const word of words) {
    if (about.length + word.length + 1 > longest) break;
    about += (about && "-") + word;
  }
  const own = nameOf(result);
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(own)?.[0].toLowerCase() ?? "";
  const seed = job.seed === undefined ? "" : `seed-${job.seed}`;
  const place = resultsOf(job)
    .filter((each) => each.result.filename !== "")
    .findIndex(({ index }) => index === made.index);
  const parts = [about || own.slice(0, own.length - ending.length), seed, place > 0 ? String(place + 1) : ""];
  return parts.filter(Boolean).join("_") + ending;
}

/** The file's own name, without its folder. */
export function nameOf({ filename }: Result): string {
  return filename.split("/").at(-1) ?? filename;
}
