import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { problemOf } from "../../lib/problem";
import { pauseOf } from "../../lib/slots";
import { pauseWords } from "../../lib/words/pause";
import { useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { PauseForm } from "./PauseForm";

/** The pause that there is, and the form for one. */
export function PauseCard({ worker }: { worker: Worker }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const now = useNow();
  const paused = pauseOf(worker, now);
  const resume = async () => {
    try {
      await api.workers.resumeWorker({ workerId: worker.id });
      notify({ tone: "good", title: "The pause is over. Its time can be booked." });
    } catch (cause) {
      notify({ tone: "bad", title: "Not resumed.", detail: problemOf(cause).message });
    }
  };
  return (
    <section aria-label="Pause" className="card grid gap-4 p-4 sm:p-5">
      <div>
        <h2 className="font-semibold text-lg">Pause</h2>
        <p className="text-ink-soft text-sm">
          No job starts in a pause, so that the GPU is free for something else. It takes its place on the timeline like
          a booking.
        </p>
      </div>
      {paused && (
        <div className="flex flex-wrap items-center gap-3 rounded-xl bg-sunken p-3">
          <Icon name="pause" className="size-5 shrink-0 text-ink-soft" />
          <p className="min-w-0 flex-1">
            <span className="font-medium">{pauseWords(paused.pause, now)}</span>
            <span className="block text-ink-soft text-sm">
              {paused.pause.reason || "No reason given"}, by {paused.pause.userName}
            </span>
          </p>
          <Button onClick={() => void resume()}>{paused.start <= now ? "Resume now" : "Take it back"}</Button>
        </div>
      )}
      <PauseForm workerId={worker.id} replaces={paused !== undefined} />
    </section>
  );
}
