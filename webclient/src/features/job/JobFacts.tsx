import type { ReactNode } from "react";
import type { Job, ParameterValue } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatFull, formatMoment } from "../../lib/format";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";

function Fact(props: { name: string; title?: string; className?: string; children: ReactNode }) {
  const { name, title, className = "", children } = props;
  return (
    <div className={`min-w-0 ${className}`}>
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd title={title} className="break-words">
        {children}
      </dd>
    </div>
  );
}

/** What a job was made with and how it went. */
export function JobFacts({ job }: { job: Job }) {
  const now = useNow(60_000);
  const workflow = useLive((state) => state.workflows.find(({ id }) => id === job.workflowId));
  const [started, finished] = [Number(job.startedAtMs), Number(job.finishedAtMs)];
  const order = workflow?.parameters.map(({ name }) => name) ?? [];
  const titles = new Map(workflow?.parameters.map(({ name, title }) => [name, title || name]));
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-3">
      {!job.hidden && (
        <Fact name="Seed" className="col-span-2">
          {job.seed.toString()}
        </Fact>
      )}
      {started > 0 && (
        <Fact name="Started" title={formatFull(started)}>
          {formatMoment(started, now)}
        </Fact>
      )}
      {started > 0 && finished > 0 && <Fact name="Took">{formatDuration(finished - started)}</Fact>}
      <Fact name="Slot">{formatDuration(Number(job.durationMs))}</Fact>
      <Fact name="Booked" title={formatFull(Number(job.createdAtMs))}>
        {formatMoment(Number(job.createdAtMs), now)}
      </Fact>
      {job.attempt > 1 && <Fact name="Run">{job.attempt}</Fact>}
      {Object.entries(job.parameters)
        .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
        .map(([name, value]) => (
          <Fact key={name} name={titles.get(name) ?? name}>
            {words(value)}
          </Fact>
        ))}
    </dl>
  );
}

function words({ value }: ParameterValue): string {
  if (value.case === "boolean") return value.value ? "Yes" : "No";
  return String(value.value ?? "") || "None";
}
