import { useMemo, useState } from "react";
import YetAnotherLightbox, { type Slide } from "yet-another-react-lightbox";
import Captions from "yet-another-react-lightbox/plugins/captions";
import Download from "yet-another-react-lightbox/plugins/download";
import Video from "yet-another-react-lightbox/plugins/video";
import Zoom from "yet-another-react-lightbox/plugins/zoom";
import "yet-another-react-lightbox/styles.css";
import "yet-another-react-lightbox/plugins/captions.css";
import { Vanished } from "../../components/Vanished";
import { type Job, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { formatFull } from "../../lib/format";
import { type Made, readableName, resultPath, sightsOf } from "../../lib/results";
import { startOf } from "../../lib/slots";
import { useUserName } from "../../live/names";
import { useWhole } from "../../live/useWhole";

const plugins = [Captions, Download, Video, Zoom];

/** The pictures and videos of the jobs, full size: arrow keys, zoom, download, and what each was made from. */
export default function Lightbox({
  jobs,
  jobId,
  picture = 0,
  onClose,
}: {
  jobs: readonly Job[];
  jobId: string;
  picture?: number;
  onClose: () => void;
}) {
  // Fixed while it is open: a picture that arrives meanwhile must not shift the one that is looked at.
  const [shown] = useState(() => jobs.flatMap(sightsOf));
  const slides = useMemo(() => shown.map(slideOf), [shown]);
  const index =
    Math.max(
      0,
      shown.findIndex(({ job }) => job.id === jobId),
    ) + picture;
  return (
    <YetAnotherLightbox
      open
      close={onClose}
      index={index}
      slides={slides}
      plugins={plugins}
      carousel={{ finite: true }}
      render={{ iconError: () => <Vanished what="picture" /> }}
      controller={{ closeOnBackdropClick: true }}
      animation={{ fade: 150, swipe: 250 }}
      zoom={{ maxZoomPixelRatio: 4, scrollToZoom: true }}
      captions={{ descriptionTextAlign: "start", descriptionMaxLines: 4 }}
    />
  );
}

function slideOf(made: Made): Slide {
  const { job, result } = made;
  const source = resultPath(made);
  const about = {
    title: <Title job={job} />,
    description: <Caption job={job} />,
    download: { url: resultPath(made, true), filename: readableName(made) },
  };
  if (result.kind !== ResultKind.VIDEO) return { ...about, src: source, alt: job.prompt };
  // Which type it is the browser finds out from the answer.
  return { ...about, type: "video", loop: true, sources: [{ src: source, type: "" }] };
}

function Title({ job }: { job: Job }) {
  return `${useUserName(job)}, ${formatFull(startOf(job))}`;
}

function Caption({ job }: { job: Job }) {
  const { whole } = useWhole(job);
  return (
    <>
      {(whole ?? job).prompt}
      {job.seed !== undefined && (
        <>
          <br />
          Seed {job.seed.toString()}
        </>
      )}
    </>
  );
}
