import { useCallback, useEffect, useMemo, useState } from "react";
import { useNotify } from "../components/Notices";
import { readSeries, type Series, type SeriesDraft } from "../form/series";
import type { FieldErrors, FormValues } from "../form/values";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import type { GpuTimeUse } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { formatMoment, plural } from "../lib/format";
import { problemOf } from "../lib/problem";
import { randomUuid } from "../lib/random";
import { momentsOf, startOf } from "../lib/slots";
import { sentence } from "../lib/words/words";
import { useLiveContext } from "../live/LiveContext";
import { serverNow } from "../live/now";
import { rememberWorkflow } from "../live/recent";
import { type SeriesWish, seriesRequest } from "./seriesRequest";

/** SeriesPlan is a series in the making. Times in milliseconds. */
export interface SeriesPlan {
  /** Absent while what is typed cannot be read; `complaint` says why. */
  readonly series?: Series;
  readonly complaint?: string | undefined;
  readonly quote?: SeriesQuoteSum | undefined;
}

/** SeriesQuoteSum is what a series would get, as a whole. */
export interface SeriesQuoteSum {
  readonly total: number;
  /** Start of the first slot and end of the last one. */
  readonly start: number;
  readonly end: number;
  /** Expected time of all runs together. */
  readonly expected: number;
  readonly workers: readonly string[];
  readonly gpuTime?: GpuTimeUse | undefined;
  /** Why it would be refused; empty when it would be booked. */
  readonly refusal: string;
}

const rest = 400;

/** What a series of this draft would get, asked when what is typed rests. Nothing without a draft. */
export function useSeriesPlan(
  draft: SeriesDraft | undefined,
  workflow: Workflow | undefined,
  { values, start, workerId }: { values: FormValues; start: number | undefined; workerId: string | undefined },
): SeriesPlan | undefined {
  const { api } = useLiveContext();
  const read = useMemo(() => (draft && workflow ? readSeries(draft, workflow) : undefined), [draft, workflow]);
  const [answer, setAnswer] = useState<{ series: Series; quote: SeriesQuoteSum }>();
  const series = read?.series;
  const request = useMemo(
    () =>
      series && workflow
        ? seriesRequest({ workflow, values, series, start, workerId, placeholder: "…" }).request
        : undefined,
    [series, workflow, values, start, workerId],
  );
  useEffect(() => {
    if (!request || !series) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { quotes, problems, gpuTime } = await api.scheduler.bookSeries(
          { ...request, validateOnly: true },
          { signal: stop.signal },
        );
        const slots = quotes.map(({ timeSlot }) => momentsOf(timeSlot));
        setAnswer({
          series,
          quote: {
            total: series.total,
            start: Math.min(...slots.map((slot) => slot.start)),
            end: Math.max(...slots.map((slot) => slot.end)),
            expected: quotes.reduce((sum, { expectedMs }) => sum + Number(expectedMs), 0),
            workers: [...new Set(quotes.map((quote) => quote.workerId))],
            gpuTime,
            refusal: sentence(problems[0]?.message ?? ""),
          },
        });
      } catch (cause) {
        if (stop.signal.aborted) return;
        const refusal = problemOf(cause).message;
        setAnswer({ series, quote: { total: series.total, start: 0, end: 0, expected: 0, workers: [], refusal } });
      }
    }, rest);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, request, series]);
  if (!read) return undefined;
  if (!series) return { complaint: read.complaint };
  return { series, quote: answer?.series === series ? answer.quote : undefined };
}

/** What became of a series that was asked for. */
export interface SeriesOutcome {
  readonly jobs?: readonly Job[];
  readonly errors?: FieldErrors;
}

/** Books a series, all or nothing, and tells the visitor how it went. */
export function useBookSeries(): (wish: SeriesWish) => Promise<SeriesOutcome> {
  const { api, store } = useLiveContext();
  const notify = useNotify();
  return useCallback(
    async (wish) => {
      const about = "booking";
      const { request, errors } = seriesRequest(wish);
      if (!request) return { errors };
      try {
        const { jobs } = await api.scheduler.bookSeries({ ...request, requestId: randomUuid() });
        rememberWorkflow(request.workflowId ?? "");
        const [first] = jobs;
        if (first) {
          const at = formatMoment(startOf(first), serverNow(store));
          notify({ about, tone: "good", title: `${plural(jobs.length, "job")} booked, the first for ${at}.` });
        }
        return { jobs };
      } catch (cause) {
        const { message, inputs } = problemOf(cause);
        if (inputs.size === 0) notify({ about, tone: "bad", title: "The series is not booked.", detail: message });
        return { errors: inputs };
      }
    },
    [api, store, notify],
  );
}
