import { BootOutcome, type BootStep } from "../gen/comfyscheduler/v1/worker_pb";
import { formatDuration } from "../lib/format";
import { stageWords } from "../lib/words/words";
import { Icon, type IconName } from "./Icon";

const marks: Record<BootOutcome, { icon: IconName; look: string; word: string }> = {
  [BootOutcome.UNSPECIFIED]: { icon: "clock", look: "text-ink-faint", word: "Waiting" },
  [BootOutcome.RUNNING]: { icon: "clock", look: "text-running-ink animate-pulse", word: "Going on" },
  [BootOutcome.DONE]: { icon: "check", look: "text-done-ink", word: "Done" },
  [BootOutcome.SKIPPED]: { icon: "minus", look: "text-ink-faint", word: "Skipped" },
  [BootOutcome.FAILED]: { icon: "warning", look: "text-failed-ink", word: "Failed" },
};

/** The steps of the latest boot, as they go. */
export function BootSteps({ steps }: { steps: readonly BootStep[] }) {
  return (
    <ol className="space-y-2">
      {steps.map(({ stage, outcome, elapsedMs, detail }) => (
        <li key={stage} className="flex items-baseline gap-2.5">
          <span className={`translate-y-0.5 ${marks[outcome].look}`}>
            <Icon name={marks[outcome].icon} className="size-4" />
            <span className="sr-only">{marks[outcome].word}: </span>
          </span>
          <span className="min-w-0 flex-1">
            <span className="inline-block font-medium first-letter:uppercase">{stageWords[stage]}</span>
            {detail && <span className="ml-2 text-ink-soft text-sm">{detail}</span>}
          </span>
          <span className="text-ink-faint text-sm">
            {outcome === BootOutcome.SKIPPED ? "" : formatDuration(Number(elapsedMs))}
          </span>
        </li>
      ))}
    </ol>
  );
}
