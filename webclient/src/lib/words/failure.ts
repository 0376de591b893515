import { JobErrorReason } from "../../gen/comfyscheduler/v1/job_pb";

/** What kind of failure ended a job, in one sentence; the job's own message says the rest. */
export const failureWords: Record<JobErrorReason, string> = {
  [JobErrorReason.UNSPECIFIED]: "The generation failed.",
  [JobErrorReason.REJECTED]: "ComfyUI refused to run it.",
  [JobErrorReason.EXECUTION]: "The generation failed.",
  [JobErrorReason.INTERRUPTED]: "The generation was interrupted in ComfyUI.",
  [JobErrorReason.LOST]: "ComfyUI lost the generation, twice.",
  [JobErrorReason.TIMEOUT]: "ComfyUI gave no sign of life.",
  [JobErrorReason.NO_RESULT]: "The generation wrote no result.",
  [JobErrorReason.OVERRUN]: "It ran far beyond its slot and was ended, because the next slot was due.",
  [JobErrorReason.INPUT_FILE]: "A file that it takes could not be handed to ComfyUI.",
};
