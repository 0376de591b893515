import { Link } from "react-router";
import type { Check } from "../../actions/useCheck";
import { BasisBadge } from "../../components/BasisBadge";
import { Icon } from "../../components/Icon";
import { WorkerName } from "../../components/WorkerName";
import type { EstimateBasis } from "../../gen/comfyscheduler/v1/estimate_pb";
import { formatDuration, formatMoment } from "../../lib/format";
import type { Slot } from "../../lib/slots";
import { GpuTime } from "./GpuTime";

/** CheckLineProps are what is known of the booking in the making. */
export interface CheckLineProps {
  readonly check: Check | undefined;
  /** Where it would land; absent while nothing can be booked. */
  readonly lands: (Slot & { readonly workerId: string }) | undefined;
  readonly basis: EstimateBasis;
  readonly now: number;
}

/** What the booking would get, in one line: how long it takes, when it is done for all but a few, where, and how sure that is. */
export function CheckLine({ check, lands, basis, now }: CheckLineProps) {
  if (!lands) return null;
  const expected = check?.expected ?? 0;
  const refusal = check?.refusal ?? "";
  return (
    <div className="grid gap-1.5 rounded-xl bg-sunken px-3 py-2.5 text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Icon name="gauge" className="size-4 shrink-0 text-ink-faint" />
        <span>
          <b className="font-semibold">{formatDuration(expected || lands.end - lands.start)}</b>
          {expected > 0 ? (
            <>
              , 95 % done by <b className="font-semibold">{formatMoment(lands.end, now)}</b>
            </>
          ) : (
            ` a slot, until ${formatMoment(lands.end, now)}`
          )}
        </span>
        <WorkerName id={lands.workerId} className="max-w-52" before="on" />
        <Link to="/estimates" title="How good the estimates are" className="rounded-full hover:opacity-80">
          <BasisBadge basis={check?.basis || basis} />
        </Link>
      </p>
      <GpuTime use={check?.response.gpuTime} />
      {refusal && (
        <p role="alert" className="flex items-start gap-2 font-medium text-failed-ink">
          <Icon name="warning" className="mt-0.5 size-4 shrink-0" />
          {refusal}
        </p>
      )}
    </div>
  );
}
