import { Sheet } from "../../components/Sheet";
import { workerTitle } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { selectWorkers } from "../../live/selectors";
import { EngineCard } from "./EngineCard";
import { PauseCard } from "./PauseCard";

/** One worker over the page: how it is; for administrators also its pause, its log and its restart. */
export function WorkerSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const worker = useLive(selectWorkers).find((each) => each.id === id);
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  if (!worker) return null;
  return (
    <Sheet title={workerTitle(worker)} onClose={onClose} className="sm:max-w-2xl">
      <div className="grid gap-4 p-4 sm:p-5">
        <EngineCard worker={worker} title="How it is" />
        {administrator && <PauseCard worker={worker} />}
      </div>
    </Sheet>
  );
}
