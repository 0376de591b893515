import { EngineCard } from "../../features/worker/EngineCard";
import { PauseCard } from "../../features/worker/PauseCard";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { useLive } from "../../live/LiveContext";

const none: readonly Worker[] = [];

/** ComfyUI in the administrator's hands: pause it, restart it, read what it says. */
export default function WorkersPage() {
  const workers = useLive((state) => state.system?.workers ?? none);
  return (
    <>
      <title>ComfyUI · ComfyScheduler</title>
      {workers.map((worker) => (
        <div key={worker.id} className="grid items-start gap-4 sm:gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
          <PauseCard worker={worker} />
          <EngineCard worker={worker} />
        </div>
      ))}
    </>
  );
}
