import { type Job, type Result, ResultKind } from "../gen/comfyscheduler/v1/job_pb";

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

/** The address of the file of a result; with `download` the answer says that it is to be kept, and under which name. */
export function resultPath({ job, index }: Made, download = false): string {
  return `/results/${job.id}/${index}${download ? "?download=1" : ""}`;
}

/** The address of a zip of all results of a job. */
export function jobArchivePath({ id }: Job): string {
  return `/archives/jobs/${id}`;
}

/** The address of a zip of the results of all jobs that were booked together. */
export function seriesArchivePath(seriesId: string): string {
  return `/archives/series/${seriesId}`;
}

/** The address of a zip of everything that one's own jobs have made. */
export const ownArchivePath = "/archives/mine";

/** Longest part of a name that comes from the prompt, in characters. */
const longest = 40;

/** What the server calls the file of a result that is kept, such as "red-fox_seed-42.png"; after the first each has its number. */
export function readableName({ job, result, index }: Made): string {
  const seed = job.seed === undefined ? "" : `_seed-${job.seed}`;
  const place = index > 0 ? `_${index + 1}` : "";
  const ending = /\.[^./]*$/.exec(result.filename)?.[0].toLowerCase() ?? "";
  return (slug(job.prompt) || slug(job.workflowId)) + seed + place + (result.filename === "" ? ".txt" : ending);
}

function slug(text: string): string {
  let made = "";
  for (const word of text.toLowerCase().split(/[^\p{L}\p{Nd}]+/u)) {
    if (word === "") continue;
    if ([...made].length + [...word].length + 1 > longest) break;
    made += (made && "-") + word;
  }
  return made;
}

/** The file's own name, without its folder. */
export function nameOf({ filename }: Result): string {
  return filename.split("/").at(-1) ?? filename;
}
