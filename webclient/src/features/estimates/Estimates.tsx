import { useCallback, useState } from "react";
import { ListEnd } from "../../components/ListEnd";
import { WorkerName } from "../../components/WorkerName";
import type { EstimateReport } from "../../gen/comfyscheduler/v1/estimate_pb";
import { plural } from "../../lib/format";
import { usePages } from "../../lib/usePages";
import { titleOf } from "../../lib/words/workflow";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { EstimatePlot } from "./EstimatePlot";
import { percent, verdictWords } from "./words";

const size = 50;

/** How good the estimates were, by workflow and worker: what they said, and what the runs took. */
export function Estimates() {
  const { api } = useLiveContext();
  const workflows = useLive((state) => state.workflows);
  const [workflowId, setWorkflowId] = useState("");
  const ask = useCallback(
    async (pageToken: string, signal?: AbortSignal) => {
      const request = { pageSize: size, pageToken, workflowId };
      const { reports, nextPageToken } = await api.scheduler.listEstimates(request, { ...(signal && { signal }) });
      return { rows: reports, next: nextPageToken };
    },
    [api, workflowId],
  );
  const { rows, next, phase, error, more } = usePages(ask);
  return (
    <section aria-label="Estimates" className="grid gap-4 sm:gap-5">
      <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-96">
          <h2 className="font-semibold text-lg">How good the estimates are</h2>
          <p className="max-w-prose text-ink-soft text-sm">
            A slot is as long as 95 of 100 runs like it take. Every run teaches. Here is what was expected of the latest
            runs and what they took.
          </p>
        </div>
        {workflows.length > 1 && (
          <label className="flex items-center gap-2 text-sm">
            Workflow
            <select
              value={workflowId}
              onChange={({ target }) => setWorkflowId(target.value)}
              className="field w-auto max-w-56 py-1.5 text-sm"
            >
              <option value="">All</option>
              {workflows.map((workflow) => (
                <option key={workflow.id} value={workflow.id}>
                  {titleOf(workflow)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <div className="grid gap-4 sm:gap-5 xl:grid-cols-2">
        {rows.map((report) => (
          <ReportCard key={`${report.workflowId}/${report.workerId}`} report={report} />
        ))}
      </div>
      <ListEnd
        empty={
          rows.length === 0 && (
            <div className="py-6">
              <p className="font-medium text-base text-ink">No run has taught anything yet</p>
              <p>The first figures are here when a job has ended.</p>
            </div>
          )
        }
        phase={phase}
        error={error}
        more={next !== ""}
        onMore={more}
      />
    </section>
  );
}

function ReportCard({ report }: { report: EstimateReport }) {
  const { workflowId, workerId, recent } = report;
  const title = useLive(({ workflows }) =>
    titleOf(workflows.find(({ id }) => id === workflowId) ?? { id: workflowId, title: "" }),
  );
  const runs = Number(report.runs);
  const points = recent.map(({ startedAtMs, expectedMs, slotMs, actualMs, loaded }) => ({
    startedAt: Number(startedAtMs),
    expected: Number(expectedMs),
    slot: Number(slotMs),
    actual: Number(actualMs),
    loaded,
  }));
  return (
    <article className="card grid gap-x-5 gap-y-3 p-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,18rem)] sm:p-5">
      <div className="grid content-start gap-3">
        <div>
          <h3 className="flex flex-wrap items-center gap-x-2 gap-y-1 font-semibold">{title}</h3>
          <p className="flex flex-wrap items-center gap-x-2 text-ink-soft text-sm">
            <WorkerName id={workerId} />
            {plural(runs, "run")}
          </p>
        </div>
        <p className="text-sm">{verdictWords(report)}</p>
        <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-sm">
          <Figure name="Typical error" value={percent(report.errorP50)} />
          <Figure name="Nine of ten within" value={percent(report.errorP90)} />
          <Figure name="Ended within their slot" value={percent(report.coverage)} note="aim 95 %" />
          <Figure
            name={report.bias < 0 ? "Too short in the middle" : "Too long in the middle"}
            value={percent(Math.abs(report.bias))}
          />
        </dl>
      </div>
      <EstimatePlot runs={points} label={title} />
    </article>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd className="font-semibold text-lg">
        {value}
        {note && <span className="ml-1.5 font-normal text-ink-faint text-xs">{note}</span>}
      </dd>
    </div>
  );
}
