import { create } from "@bufbuild/protobuf";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import {
  WorkflowMeasurementState as Measured,
  WorkflowFitnessState as State,
  type Workflow,
  type WorkflowFitness,
  type WorkflowMeasurement,
  WorkflowProblemSchema,
} from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatAge, formatDuration, plural } from "../../lib/format";
import { fullSentence } from "../../lib/words/words";
import { workerTitle } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";
import { Problems } from "./Problems";

/** What can be done about a workflow on a worker; absent where it cannot be. */
export interface FitnessActions {
  readonly onMeasure: (workerId: string, acceptResult: boolean) => void;
  readonly busy: boolean;
}

/** Whether each worker can run the workflow, what is missing there, and how long it takes. */
export function Fitness({ workflow, actions }: { workflow: Workflow; actions?: FitnessActions | undefined }) {
  const told = workflow.workers.some(({ problems }) => problems.length > 0);
  const general = told || workflow.summary?.bookable ? [] : (workflow.summary?.problems ?? []);
  if (workflow.workers.length === 0 && general.length === 0)
    return workflow.summary?.bookable ? (
      <Badge tone="good" icon="check">
        Can run
      </Badge>
    ) : (
      <p className="text-ink-soft text-sm">No ComfyUI has been asked yet.</p>
    );
  return (
    <div className="space-y-4">
      {general.length > 0 && <Problems problems={general.map((text) => create(WorkflowProblemSchema, { text }))} />}
      <ul className="space-y-4">
        {workflow.workers.map((fitness) => (
          <WorkerFitness key={fitness.workerId} fitness={fitness} actions={actions} />
        ))}
      </ul>
    </div>
  );
}

function WorkerFitness({ fitness, actions }: { fitness: WorkflowFitness; actions?: FitnessActions | undefined }) {
  const { workerId, state, problems, askedAtMs, measurement } = fitness;
  const now = useNow(60_000);
  const worker = useLive(selectWorkers).find(({ id }) => id === workerId) ?? { id: workerId };
  const asked = Number(askedAtMs);
  const bad = state === State.BAD_RESULT || measurement?.state === Measured.BAD_RESULT;
  return (
    <li className="min-w-0 space-y-2">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h3 className="flex items-center gap-1.5 font-medium">
          <Icon name="screen" className="size-4 text-ink-faint" />
          {workerTitle(worker)}
        </h3>
        <FitnessBadge fitness={fitness} />
        {asked > 1 && <span className="ml-auto text-ink-faint text-xs">asked {formatAge(asked, now)}</span>}
      </div>
      {problems.length > 0 && <Problems problems={problems} />}
      {state !== State.CANNOT_RUN && (
        <div className="flex flex-wrap items-center gap-2 text-ink-soft text-sm">
          <Icon name="gauge" className="size-4 shrink-0" />
          <span className="min-w-0 flex-1 basis-40">{measurementWords(measurement)}</span>
          {actions && bad && (
            <Button disabled={actions.busy} className="min-h-8" onClick={() => actions.onMeasure(workerId, true)}>
              Its result is good enough
            </Button>
          )}
          {actions && measurement?.state !== Measured.RUNNING && (
            <Button disabled={actions.busy} className="min-h-8" onClick={() => actions.onMeasure(workerId, false)}>
              Measure now
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

/** In a word whether a worker can run it. */
export function FitnessBadge({ fitness: { state, problems } }: { fitness: WorkflowFitness }) {
  switch (state) {
    case State.RUNS:
      return (
        <Badge tone="good" icon="check">
          Can run
        </Badge>
      );
    case State.CANNOT_RUN:
      return (
        <Badge tone="bad" icon="warning">
          {problems.length > 0 ? `${plural(problems.length, "thing")} missing` : "Cannot run"}
        </Badge>
      );
    case State.BAD_RESULT:
      return (
        <Badge tone="bad" icon="warning">
          Bad result
        </Badge>
      );
    default:
      return <Badge icon="clock">Not asked yet</Badge>;
  }
}

function measurementWords(measurement: WorkflowMeasurement | undefined): string {
  const { state = Measured.UNSPECIFIED, text = "", coldMs = 0n, warmMs = 0n } = measurement ?? {};
  const lengths = [
    coldMs > 0n && `${formatDuration(Number(coldMs))} when everything has to be loaded`,
    warmMs > 0n && `${formatDuration(Number(warmMs))} after that`,
  ].filter(Boolean);
  const words: Record<Measured, string> = {
    [Measured.UNSPECIFIED]: "Not measured yet.",
    [Measured.WAITING]: "Waits to be measured.",
    [Measured.RUNNING]: "Is being measured.",
    [Measured.DONE]: lengths.length > 0 ? `Measured: ${lengths.join(", ")}.` : "Measured.",
    [Measured.BAD_RESULT]: "Its result cannot be used.",
    [Measured.NEVER]: text ? "" : "Is not measured by itself.",
  };
  return [words[state], fullSentence(text)].filter(Boolean).join(" ");
}
