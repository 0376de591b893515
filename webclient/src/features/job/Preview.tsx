import { useEffect, useState } from "react";
import { Icon } from "../../components/Icon";
import { useThrottled } from "../../lib/useThrottled";
import { useLive } from "../../live/LiveContext";

/** Previews are fetched at most this often, in milliseconds: a new one stands in for all before it. */
const every = 500;

/** The picture in the making. The next preview is shown when it is complete, so that nothing flickers. */
export function Preview({ jobId }: { jobId: string }) {
  const wanted = useThrottled(
    useLive(({ progress }) => progress.get(jobId)?.preview ?? 0),
    every,
  );
  const [shown, setShown] = useState("");

  useEffect(() => {
    if (wanted === 0) return;
    const picture = new Image();
    picture.onload = () => setShown(picture.src);
    picture.src = `/previews/${jobId}?n=${wanted}`;
    return () => {
      picture.onload = null;
    };
  }, [jobId, wanted]);

  return (
    <div className="flex aspect-[4/3] w-full self-start items-center justify-center overflow-hidden rounded-xl bg-sunken text-ink-faint">
      {shown ? (
        <img src={shown} alt="Preview" className="size-full object-contain" />
      ) : (
        <span className="flex flex-col items-center gap-1 text-sm">
          <Icon name="image" className="size-8 animate-pulse" />
          No preview yet
        </span>
      )}
    </div>
  );
}
