import { SystemStatus } from "../../gen/comfyscheduler/v1/state_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { pauseOf } from "../../lib/slots";
import { pauseWords } from "../../lib/words/pause";
import { stageWords, systemWords } from "../../lib/words/words";
import { workerMood } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { currentStep, selectSimulated, selectWorkers } from "../../live/selectors";
import type { LiveState } from "../../live/state";

interface Light {
  readonly tone: "good" | "busy" | "bad" | "still";
  readonly word: string;
  readonly detail: string;
}

/** What the light says: first whether the page is live at all, then how ComfyUI is. */
export function lightOf(state: LiveState, now: number): Light {
  if (state.link.phase !== "live") {
    if (state.link.phase === "signed-out") return { tone: "still", word: "Signed out", detail: "" };
    const word = state.revision ? "Reconnecting" : "Connecting";
    return { tone: state.revision ? "bad" : "busy", word, detail: "" };
  }
  const { system } = state;
  const status = system?.status ?? SystemStatus.UNSPECIFIED;
  const step = currentStep(selectWorkers(state));
  const detail = system?.reason || (step ? step.detail || stageWords[step.stage] : "");
  if (status === SystemStatus.READY) {
    const paused = restOf(selectWorkers(state), now);
    return paused
      ? { tone: "still", word: pauseWords(paused.pause, now), detail: paused.pause.reason }
      : { tone: "good", word: systemWords[status], detail: partWords(selectWorkers(state), now) };
  }
  return { tone: status === SystemStatus.OFFLINE ? "bad" : "busy", word: systemWords[status], detail };
}

/** How many of several workers work, while not all of them do. */
function partWords(workers: readonly Worker[], now: number): string {
  const good = workers.filter((worker) => workerMood(worker, now).tone === "good").length;
  return good < workers.length && workers.length > 1 ? `${good} of ${workers.length} GPUs` : "";
}

/** The pause that ends first while all workers are paused; undefined while one of them works. */
function restOf(workers: readonly Worker[], now: number) {
  const pauses = workers.flatMap((worker) => pauseOf(worker, now) ?? []).filter(({ start }) => start <= now);
  return pauses.length < workers.length ? undefined : pauses.sort((a, b) => a.end - b.end)[0];
}

const lamps = {
  good: "bg-done shadow-[0_0_0_3px_color-mix(in_oklab,var(--color-done)_25%,transparent)]",
  busy: "bg-running animate-pulse",
  bad: "bg-failed animate-pulse",
  still: "bg-waiting shadow-[0_0_0_3px_color-mix(in_oklab,var(--color-waiting)_25%,transparent)]",
};

const sameLight = (a: Light, b: Light) => a.tone === b.tone && a.word === b.word && a.detail === b.detail;

export function StatusLight() {
  const now = useNow();
  const { tone, word, detail } = useLive((state) => lightOf(state, now), sameLight);
  return (
    <span role="status" title={detail} className="flex items-center gap-2 whitespace-nowrap text-sm">
      <span className={`size-2.5 shrink-0 rounded-full ${lamps[tone]}`} />
      <span className="font-medium">
        {word}
        {detail && <span className="max-lg:sr-only">:</span>}
      </span>
      {detail && (
        <span className="-ml-1 max-w-72 truncate text-ink-faint max-lg:sr-only max-[100rem]:max-w-40">{detail}</span>
      )}
    </span>
  );
}

/** Says that the pictures are not real ones. */
export function SimulatedMark() {
  const simulated = useLive(selectSimulated);
  if (!simulated) return null;
  return (
    <span
      title="The built-in stand-in is running instead of ComfyUI: pictures are drawn, not generated."
      className="whitespace-nowrap rounded-full border border-running bg-running-wash px-2.5 py-0.5 font-medium text-running-ink text-xs"
    >
      Simulated<span className="max-lg:hidden"> engine</span>
    </span>
  );
}
