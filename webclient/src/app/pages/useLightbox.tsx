import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";

const Lightbox = lazy(() => import("../../features/lightbox/Lightbox"));

/** Opens the pictures of jobs over the page, at one of them. */
type OpenPictures = (jobs: readonly Job[], jobId: string, picture?: number) => void;

/** The lightbox of a page: how to open it, and what to render for it. `open` keeps its identity. */
export function useLightbox(): { open: OpenPictures; lightbox: ReactNode } {
  const [shown, setShown] = useState<{ jobs: readonly Job[]; jobId: string; picture: number }>();
  const open = useCallback<OpenPictures>((jobs, jobId, picture = 0) => setShown({ jobs, jobId, picture }), []);
  const lightbox = shown && (
    <Suspense>
      <Lightbox {...shown} onClose={() => setShown(undefined)} />
    </Suspense>
  );
  return { open, lightbox };
}
