import type { SeriesPlan } from "../../actions/useSeries";
import { Icon } from "../../components/Icon";
import { WorkerName } from "../../components/WorkerName";
import { formatDuration, formatMoment, plural } from "../../lib/format";
import { GpuTime } from "./GpuTime";

/** What a series would get as a whole. */
export function SeriesLine({ plan, now }: { plan: SeriesPlan; now: number }) {
  const { series, quote } = plan;
  if (!series) return null;
  return (
    <div className="grid gap-1.5 rounded-xl bg-sunken px-3 py-2.5 text-sm">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Icon name="gauge" className="size-4 shrink-0 text-ink-faint" />
        <b className="font-semibold">{plural(series.total, "job")}</b>
        {quote && quote.end > 0 ? (
          <>
            <span>
              {formatDuration(quote.expected)} of GPU time, from {formatMoment(quote.start, now)}, all done by{" "}
              <b className="font-semibold">{formatMoment(quote.end, now)}</b>
            </span>
            {quote.workers.map((id) => (
              <WorkerName key={id} id={id} bare={quote.workers.length > 2} />
            ))}
          </>
        ) : (
          !quote && <span className="text-ink-faint">Looking for their places…</span>
        )}
      </p>
      <GpuTime use={quote?.gpuTime} />
      {quote?.refusal && (
        <p role="alert" className="flex items-start gap-2 font-medium text-failed-ink">
          <Icon name="warning" className="mt-0.5 size-4 shrink-0" />
          {quote.refusal}
        </p>
      )}
    </div>
  );
}
