import type { FieldErrors, FormValues } from "../../form/values";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";

/** JobLinks are where the buttons of a job's panel lead. */
export interface JobLinks {
  readonly onClose: () => void;
  /** Books what was typed as another booking; resolves to what is wrong, or to nothing. */
  readonly onBookInstead: (workflow: Workflow, values: FormValues) => Promise<FieldErrors | undefined>;
  readonly onReuse: (job: Job) => void;
  readonly onOpenPicture: (job: Job, picture: number) => void;
}
