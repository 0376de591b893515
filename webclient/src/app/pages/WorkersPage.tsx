import { useSearchParams } from "react-router";
import { Lamp } from "../../components/Lamp";
import { LaneMark } from "../../components/LaneMark";
import { EngineCard } from "../../features/worker/EngineCard";
import { PauseCard } from "../../features/worker/PauseCard";
import { ServiceCard } from "../../features/worker/ServiceCard";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { deviceWords, workerMood, workerTitle } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";

/** The workers in the administrator's hands: pause one, restart it, read what it says, take it out of service. */
export default function WorkersPage() {
  const workers = useLive(selectWorkers);
  const [search, setSearch] = useSearchParams();
  const wanted = search.get("worker");
  const worker = workers.find(({ id }) => id === wanted) ?? workers[0];
  const many = workers.length > 1;
  return (
    <div className={`grid items-start gap-4 sm:gap-5 ${many ? "lg:grid-cols-[15rem_minmax(0,1fr)]" : ""}`}>
      <title>Workers · ComfyScheduler</title>
      {many && (
        <nav
          aria-label="Workers"
          className="card grid max-h-[calc(100dvh-8rem)] overflow-x-hidden overflow-y-auto lg:sticky lg:top-20 max-lg:flex
            max-lg:overflow-x-auto"
        >
          {workers.map((each, place) => (
            <WorkerTab
              key={each.id}
              worker={each}
              place={place}
              chosen={each === worker}
              onChoose={() => setSearch({ worker: each.id }, { replace: true })}
            />
          ))}
        </nav>
      )}
      {worker && (
        <div key={worker.id} className="grid items-start gap-4 sm:gap-5 xl:grid-cols-2">
          <EngineCard worker={worker} {...(many && { title: workerTitle(worker) })} unfolded />
          <div className="grid gap-4 sm:gap-5">
            <PauseCard worker={worker} />
            {many && <ServiceCard worker={worker} />}
          </div>
        </div>
      )}
    </div>
  );
}

function WorkerTab(props: { worker: Worker; place: number; chosen: boolean; onChoose: () => void }) {
  const { worker, place, chosen, onChoose } = props;
  const { tone, words } = workerMood(worker, useNow());
  return (
    <button
      type="button"
      data-hue={place % 8}
      aria-current={chosen}
      onClick={onChoose}
      className={`flex items-center gap-2.5 border-l-(--lane) border-l-4 px-3 py-2.5 text-left text-sm max-lg:shrink-0 ${
        chosen ? "bg-accent-wash" : "hover:bg-raised"
      }`}
    >
      <LaneMark place={place} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{workerTitle(worker)}</span>
        <span className="flex items-center gap-1.5 text-ink-soft text-xs">
          <Lamp tone={tone} />
          <span className="truncate">{words}</span>
        </span>
      </span>
      <span className="sr-only">{deviceWords(worker.device)}</span>
    </button>
  );
}
