import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { ownerWords, userName, type Viewer } from "../lib/words/words";
import { useLive } from "./LiveContext";
import { sameViewer, selectViewer } from "./selectors";

/** Who looks at the page, for what speaks of many users at once. */
export function useViewer(): Viewer {
  return useLive(selectViewer, sameViewer);
}

/** What the user of a job or of a connection is called now. */
export function useUserName({ userId }: { readonly userId: string }): string {
  return useLive(({ names }) => userName(names, userId));
}

/** Whose job it is, as the viewer would say it. */
export function useOwner(job: Job): string {
  return useLive((state) => ownerWords(job, selectViewer(state)));
}
