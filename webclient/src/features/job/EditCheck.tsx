import type { Check } from "../../actions/useCheck";
import { BasisBadge } from "../../components/BasisBadge";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import type { SlotConflict } from "../../gen/comfyscheduler/v1/error_pb";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatMoment } from "../../lib/format";
import { momentsOf, slotOf } from "../../lib/slots";
import { useNow } from "../../live/now";

/** EditCheckProps are a booking that is being changed. */
export interface EditCheckProps {
  readonly job: Job;
  /** What its slot would be with what is typed; absent while nothing is. */
  readonly check: Check | undefined;
  /** What kept the last attempt to save it from its place. */
  readonly conflict: SlotConflict | undefined;
  readonly busy: boolean;
  /** Saves it and moves it to this start. */
  readonly onSaveAt: (start: number) => void;
}

/** How long a changed booking would be, and where it can go when that does not fit. */
export function EditCheck({ job, check, conflict: refused, busy, onSaveAt }: EditCheckProps) {
  const now = useNow();
  const conflict = check?.conflict ?? refused;
  if (!check && !conflict) return null;
  const { start, end } = slotOf(job);
  const length = check?.duration ?? 0;
  const next = Number(conflict?.nextFreeStartMs ?? 0n);
  const other = length > 0 && length !== end - start;
  return (
    <div className="grid gap-2 rounded-xl bg-sunken px-3 py-2.5 text-sm">
      {check && check.expected > 0 && (
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Icon name="gauge" className="size-4 shrink-0 text-ink-faint" />
          <span>
            With these values <b className="font-semibold">{formatDuration(check.expected)}</b>
            {!conflict && (
              <>
                , 95 % done by <b className="font-semibold">{formatMoment(start + (length || end - start), now)}</b>
              </>
            )}
            {other && `; the slot is ${formatDuration(length)} instead of ${formatDuration(end - start)}`}
          </span>
          <BasisBadge basis={check.basis} />
        </p>
      )}
      {conflict && (
        <div role="alert" className="flex flex-wrap items-center gap-2">
          <Icon name="warning" className="size-4 shrink-0 text-failed-ink" />
          <span className="min-w-48 flex-1 font-medium text-failed-ink">
            It no longer fits: {blockerOf(conflict, now)}.
          </span>
          {next > 0 && (
            <Button disabled={busy} onClick={() => onSaveAt(next)}>
              Save and move to {formatMoment(next, now)}
            </Button>
          )}
        </div>
      )}
      {check?.refusal && (
        <p role="alert" className="font-medium text-failed-ink">
          {check.refusal}
        </p>
      )}
    </div>
  );
}

function blockerOf({ blocker, timeSlot }: SlotConflict, now: number): string {
  if (blocker.case === "files")
    return `its files can be there from ${formatMoment(Number(blocker.value.readyMs), now)} on`;
  const who = blocker.value?.userName || "somebody else";
  const from = formatMoment(momentsOf(timeSlot).start, now);
  return blocker.case === "pause" ? `paused by ${who} from ${from}` : `taken by ${who} from ${from}`;
}
