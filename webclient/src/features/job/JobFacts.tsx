import type { ReactNode } from "react";
import { InputFile } from "../../form/files/InputFile";
import { labelOf } from "../../form/labels";
import { type Input, InputRole, type InputValue } from "../../gen/comfyscheduler/v1/input_pb";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatFull, formatMoment } from "../../lib/format";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { useKeptForm } from "../../live/useForm";

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
  // Another version may mean something else by the same name.
  const inputs = useKeptForm(job.workflowId, job.workflowVersion)?.inputs ?? none;
  const title = useLive(({ workflows }) =>
    workflows.length > 1 ? workflows.find(({ id }) => id === job.workflowId)?.title || job.workflowId : "",
  );
  const [started, finished] = [Number(job.startedAtMs), Number(job.finishedAtMs)];
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-3">
      {title && (
        <Fact name="Workflow" className="col-span-full">
          {title}
        </Fact>
      )}
      {job.seed !== undefined && (
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
      {othersOf(job, inputs).map(([name, label, value]) => (
        <Fact key={name} name={label} className={words(value).length > narrow ? "col-span-full" : ""}>
          {value.value.case === "file" && value.value.value.source.case === "assetId" ? (
            <InputFile id={value.value.value.source.value} />
          ) : (
            <span dir="auto" className="line-clamp-6 whitespace-pre-wrap">
              {words(value)}
            </span>
          )}
        </Fact>
      ))}
    </dl>
  );
}

/** Longer values have a line to themselves. */
const narrow = 18;

const none: readonly Input[] = [];

/** What a job was made with beside prompt and seed, in the order of the form; by its names alone while the form is not known. */
function othersOf(job: Job, inputs: readonly Input[]): [name: string, label: string, value: InputValue][] {
  const order = new Map(inputs.map(({ name }, index) => [name, index]));
  const forms = new Map(inputs.map((input) => [input.name, input]));
  const shownElsewhere = (name: string, { value }: InputValue) => {
    const role = forms.get(name)?.role;
    if (role !== undefined) return role === InputRole.PROMPT || role === InputRole.SEED;
    return value.case === "seed" ? value.value === job.seed : value.case === "text" && value.value === job.prompt;
  };
  return Object.entries(job.inputs)
    .filter(([name, value]) => !shownElsewhere(name, value))
    .sort(([a], [b]) => (order.get(a) ?? inputs.length) - (order.get(b) ?? inputs.length))
    .map(([name, value]) => [name, labelOf(forms.get(name) ?? { name, label: "" }), value]);
}

function words({ value }: InputValue): string {
  if (value.case === "file") return value.value.source.value || "None";
  if (value.case === "boolean") return value.value ? "Yes" : "No";
  return String(value.value ?? "") || "None";
}
