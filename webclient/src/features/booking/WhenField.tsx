import { useId } from "react";
import { MomentInput } from "../../form/MomentInput";
import { formatDistance, formatDuration, formatMoment } from "../../lib/format";
import type { Slot } from "../../lib/slots";

/** The moment of a new booking: the next free one, or one that was chosen. Times in milliseconds. */
export function WhenField({
  nextFree,
  slot,
  now,
  refusal,
  onStart,
  sooner,
  onSooner,
}: {
  nextFree: number;
  /** The chosen slot; absent for the next free one. */
  slot: Slot | undefined;
  now: number;
  refusal: string;
  onStart: (start: number | undefined) => void;
  /** The next free slot may become an earlier one. */
  sooner: boolean;
  onSooner: (sooner: boolean) => void;
}) {
  const id = useId();
  const chosen = slot !== undefined;
  const option = (active: boolean) =>
    `flex min-w-0 flex-1 cursor-pointer items-start gap-2.5 rounded-xl border p-3 transition-colors ${
      active ? "border-accent bg-accent-wash" : "border-line hover:border-line-strong"
    }`;
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-sm">When</legend>
      <div className="flex flex-col gap-2 sm:flex-row">
        <div className={option(!chosen)}>
          <input
            type="radio"
            name={id}
            id={`${id}-next`}
            checked={!chosen}
            onChange={() => onStart(undefined)}
            className="mt-1 accent-accent"
          />
          <span className="min-w-0 flex-1">
            <label htmlFor={`${id}-next`} className="block cursor-pointer">
              <span className="block font-medium">As soon as possible</span>
              <span className="block text-ink-soft text-sm">
                {formatMoment(nextFree, now)} · {formatDistance(nextFree, now)}
              </span>
            </label>
            {!chosen && (
              <label className="mt-2 flex cursor-pointer items-center gap-2 text-sm">
                <input
                  type="checkbox"
                  checked={sooner}
                  onChange={(event) => onSooner(event.target.checked)}
                  className="switch"
                />
                Start earlier if the GPU is free
              </label>
            )}
          </span>
        </div>
        <div className={option(chosen)}>
          <input
            type="radio"
            name={id}
            id={`${id}-at`}
            checked={chosen}
            onChange={() => onStart(nextFree)}
            className="mt-1 accent-accent"
          />
          <span className="min-w-0 flex-1">
            <label htmlFor={`${id}-at`} className="block cursor-pointer font-medium">
              At a time
            </label>
            {chosen ? (
              <>
                <MomentInput
                  aria-label="Start"
                  aria-invalid={refusal !== ""}
                  at={slot.start}
                  to="second"
                  onChange={onStart}
                  className="field mt-1 py-1 text-sm"
                />
                <span className={`mt-1 block text-xs ${refusal ? "font-medium text-failed-ink" : "text-ink-soft"}`}>
                  {refusal || `Until ${formatMoment(slot.end, now)}, ${formatDuration(slot.end - slot.start)}`}
                </span>
              </>
            ) : (
              <span className="block text-ink-soft text-sm">Or choose a place on the timeline</span>
            )}
          </span>
        </div>
      </div>
    </fieldset>
  );
}
