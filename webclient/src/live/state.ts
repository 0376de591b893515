import type { User } from "../gen/comfyscheduler/v1/identity_pb";
import { type Job, type JobProgress, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import type { WatchStateResponse } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import type {
  AccessMode,
  Connection,
  Presence,
  Revision,
  StateDelta,
  StateSnapshot,
  StatusUpdate,
  SystemState,
  UserName,
} from "../gen/comfyscheduler/v1/state_pb";
import type { WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import { type ServerClock, withSample } from "../lib/clock";

/** How the page stands with the server. */
export type Link =
  | { readonly phase: "connecting" }
  | { readonly phase: "live" }
  | SignedOut
  /** Waits until `retryAt` (local milliseconds since the Unix epoch) before it tries again. */
  | { readonly phase: "waiting"; readonly retryAt: number; readonly reason: string; readonly refused: boolean };

/** Nobody is signed in, and nobody can be without the visitor's help. */
export interface SignedOut {
  readonly phase: "signed-out";
  /** How people become users, when the server has just said it. */
  readonly mode: AccessMode;
}

/** LiveState is the shared state as this browser knows it. It is never changed in place. */
export interface LiveState {
  readonly link: Link;
  readonly me?: User;
  readonly connectionId: string;
  /** Absent until the first snapshot. */
  readonly revision?: Revision;
  /** Counts snapshots: pages fetched beside the live state are stale when it rises. */
  readonly generation: number;
  readonly clock?: ServerClock;
  readonly system?: SystemState;
  /** Their forms are asked for where they are shown. */
  readonly workflows: readonly WorkflowSummary[];
  /** What users are called now, by their id: jobs and connections say only whose they are. */
  readonly names: ReadonlyMap<string, string>;
  /** Who watches, of very many the latest only: `presence` counts all. */
  readonly connections: ReadonlyMap<string, Connection>;
  readonly presence?: Presence;
  /** Long texts are cut (`shortened`). */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly progress: ReadonlyMap<string, JobProgress>;
  /** Scheduled jobs after this moment may be missing; 0 when all are here. */
  readonly scheduledUntil: number;
  /** Scheduled jobs, those that are missing here included. */
  readonly scheduledTotal: number;
}

/** What the feed tells, in its order. */
export type FeedEvent =
  | { readonly kind: "link"; readonly link: Link }
  | { readonly kind: "me"; readonly user: User }
  /** Names that came with an answer to a call. */
  | { readonly kind: "names"; readonly users: readonly UserName[] }
  | { readonly kind: "response"; readonly response: WatchStateResponse; readonly receivedAt: number };

/** Ended jobs kept in memory; older ones are asked for page by page. */
export const historyLimit = 1_000;

export const emptyState: LiveState = {
  link: { phase: "connecting" },
  connectionId: "",
  generation: 0,
  workflows: [],
  names: new Map(),
  connections: new Map(),
  jobs: new Map(),
  progress: new Map(),
  scheduledUntil: 0,
  scheduledTotal: 0,
};

/** The state after an event. Returns the same object when nothing changed. */
export function reduce(state: LiveState, event: FeedEvent): LiveState {
  switch (event.kind) {
    case "link":
      return { ...(event.link.phase === "signed-out" ? emptyState : state), link: event.link };
    case "me":
      return { ...(sameViewer(state.me, event.user) ? state : emptyState), link: state.link, me: event.user };
    case "names": {
      // Who is known is known by the newest name: the live state hears of every new one.
      const names = withNames(
        state.names,
        event.users.filter(({ userId }) => !state.names.has(userId)),
      );
      return names === state.names ? state : { ...state, names };
    }
    case "response":
      return applyResponse(state, event.response, event.receivedAt);
  }
}

/** What one may see depends on who one is: another viewer begins with nothing. */
function sameViewer(known: User | undefined, next: User): boolean {
  return known === undefined || (known.id === next.id && known.administrator === next.administrator);
}

function applyResponse(before: LiveState, response: WatchStateResponse, receivedAt: number): LiveState {
  let state = before;
  if (response.connectionId !== "") state = { ...state, connectionId: response.connectionId };
  if (response.snapshot) state = applySnapshot(state, response.snapshot);
  // What one commit did may be told in several deltas. Until the last one the state stands where it stood before.
  const { revision } = state;
  for (const delta of response.deltas) if (follows(revision, delta.revision)) state = applyDelta(state, delta);
  for (const status of response.statuses) state = applyStatus(state, status);
  if (response.progress.length > 0) state = applyProgress(state, response.progress);
  if (response.heartbeat) {
    const clock = withSample(state.clock, Number(response.heartbeat.serverTimeMs), receivedAt);
    if (clock !== state.clock) state = { ...state, clock };
  }
  return state;
}

/** What is kept begins anew; what is not comes with the status updates. */
function applySnapshot(state: LiveState, snapshot: StateSnapshot): LiveState {
  const progress = snapshot.jobs.flatMap((job) => (job.progress ? [[job.id, job.progress] as const] : []));
  return {
    ...state,
    revision: snapshot.revision,
    generation: state.generation + 1,
    names: withNames(new Map(), snapshot.users),
    jobs: new Map(snapshot.jobs.map((job) => [job.id, job])),
    progress: new Map(progress),
    scheduledUntil: Number(snapshot.scheduledUntilMs),
    scheduledTotal: Number(snapshot.scheduledTotal),
  };
}

function applyDelta(state: LiveState, delta: StateDelta): LiveState {
  return {
    ...state,
    ...(delta.revision && { revision: delta.revision }),
    me: renamed(state.me, delta.users),
    names: withNames(state.names, delta.users),
    jobs: withJobs(state.jobs, delta.jobs),
    progress: withoutEnded(state.progress, delta.jobs),
    scheduledTotal: delta.jobs.length > 0 ? Number(delta.scheduledTotal) : state.scheduledTotal,
  };
}

function applyStatus(state: LiveState, status: StatusUpdate): LiveState {
  const { complete, system, workflows, presence, users } = status;
  return {
    ...state,
    ...(system && { system }),
    ...((complete || workflows.length > 0) && { workflows }),
    ...(presence && { presence }),
    names: withNames(state.names, users),
    connections: withConnections(complete ? new Map() : state.connections, status),
  };
}

/** Whether a change that leads to `next` belongs on the state at `current`: older and foreign ones do not. */
function follows(current: Revision | undefined, next: Revision | undefined): boolean {
  return current !== undefined && next?.epoch === current.epoch && next.number >= current.number;
}

function renamed(me: User | undefined, users: readonly UserName[]): User | undefined {
  const mine = users.find(({ userId }) => userId === me?.id);
  return me && mine && mine.name !== me.name ? { ...me, name: mine.name } : me;
}

/** The same object while nobody is new or renamed: names come along with every change of their users' jobs. */
function withNames(current: LiveState["names"], users: readonly UserName[]): LiveState["names"] {
  const news = users.filter(({ userId, name }) => current.get(userId) !== name);
  if (news.length === 0) return current;
  return new Map([...current, ...news.map(({ userId, name }) => [userId, name] as const)]);
}

function withConnections(current: LiveState["connections"], status: StatusUpdate): LiveState["connections"] {
  const { connectedUsers, disconnectedIds } = status;
  if (connectedUsers.length === 0 && disconnectedIds.length === 0) return current;
  const connections = new Map(current);
  for (const connection of connectedUsers) connections.set(connection.connectionId, connection);
  for (const id of disconnectedIds) connections.delete(id);
  return connections;
}

function withJobs(current: LiveState["jobs"], changed: readonly Job[]): LiveState["jobs"] {
  if (changed.length === 0) return current;
  const jobs = new Map(current);
  for (const job of changed) jobs.set(job.id, job);
  return pruneHistory(jobs);
}

/** Whether the job has its outcome. */
export function hasEnded(job: Job): boolean {
  return job.status === JobStatus.COMPLETED || job.status === JobStatus.FAILED || job.status === JobStatus.CANCELLED;
}

function pruneHistory(jobs: Map<string, Job>): Map<string, Job> {
  // Pruned in batches, so that a full history does not cost a sort at every change.
  if (jobs.size <= historyLimit + 100) return jobs;
  const ended = [...jobs.values()].filter(hasEnded);
  if (ended.length <= historyLimit + 100) return jobs;
  ended.sort((a, b) => Number(b.finishedAtMs - a.finishedAtMs));
  for (const job of ended.slice(historyLimit)) jobs.delete(job.id);
  return jobs;
}

function withoutEnded(current: LiveState["progress"], changed: readonly Job[]): LiveState["progress"] {
  const gone = changed.filter((job) => {
    const known = current.get(job.id);
    return known !== undefined && (job.status !== JobStatus.PROCESSING || job.attempt !== known.attempt);
  });
  if (gone.length === 0) return current;
  const progress = new Map(current);
  for (const job of gone) progress.delete(job.id);
  return progress;
}

function applyProgress(state: LiveState, news: readonly JobProgress[]): LiveState {
  const running = news.filter(({ jobId }) => state.jobs.get(jobId)?.status === JobStatus.PROCESSING);
  if (running.length === 0) return state;
  const progress = new Map(state.progress);
  for (const item of running) progress.set(item.jobId, item);
  return { ...state, progress };
}
