import { Link } from "react-router";
import { AuditAction, type AuditEvent } from "../../gen/comfyscheduler/v1/admin_service_pb";
import { formatFull, formatMoment } from "../../lib/format";
import { useNow } from "../../live/now";

const words: Record<AuditAction, string> = {
  [AuditAction.UNSPECIFIED]: "Something",
  [AuditAction.BOOK]: "Booked",
  [AuditAction.UPDATE]: "Changed a job",
  [AuditAction.CANCEL]: "Cancelled",
  [AuditAction.SIGN_IN]: "Signed in",
  [AuditAction.CREATE_TOKEN]: "Made a token",
  [AuditAction.REVOKE_TOKEN]: "Revoked a token",
  [AuditAction.RENAME_USER]: "Took a name",
  [AuditAction.CREATE_USER]: "Made a user",
  [AuditAction.SET_ADMINISTRATOR]: "Changed an administrator",
  [AuditAction.CREATE_INVITATION]: "Made an invitation",
  [AuditAction.REVOKE_INVITATION]: "Revoked an invitation",
  [AuditAction.RESTART_WORKER]: "Restarted ComfyUI",
  [AuditAction.DELETE_USER]: "Deleted a user",
  [AuditAction.PAUSE_WORKER]: "Paused ComfyUI",
  [AuditAction.RESUME_WORKER]: "Resumed ComfyUI",
  [AuditAction.TAKE_WORKER_OUT_OF_SERVICE]: "Took a worker out of service",
  [AuditAction.RETURN_WORKER_TO_SERVICE]: "Returned a worker to service",
  [AuditAction.IMPORT_WORKFLOW]: "Imported a workflow",
  [AuditAction.UPDATE_WORKFLOW]: "Changed a workflow",
  [AuditAction.DELETE_WORKFLOW]: "Deleted a workflow",
  [AuditAction.CREATE_ASSET]: "Uploaded a file",
  [AuditAction.DELETE_ASSET]: "Deleted a file",
};

/** One deed. Its user and its job lead to everything else of theirs. */
export function AuditRow(props: { event: AuditEvent; onNarrow: (name: "user" | "job", id: string) => void }) {
  const { event, onNarrow } = props;
  const now = useNow(60_000);
  const at = Number(event.atMs);
  return (
    <tr className="border-line border-b align-top last:border-0">
      <td className="whitespace-nowrap py-2.5 pr-3 pl-4 max-sm:whitespace-normal sm:pl-5" title={formatFull(at)}>
        {formatMoment(at, now)}
      </td>
      <td className="px-3 py-2.5 max-sm:hidden">
        <Who event={event} onNarrow={onNarrow} />
      </td>
      <td className="px-3 py-2.5 max-md:pr-4">
        <div className="sm:hidden">
          <Who event={event} onNarrow={onNarrow} />
        </div>
        <span className="font-medium">{words[event.action]}</span>
        {event.detail && (
          <span className="block text-ink-soft [overflow-wrap:anywhere]">{localMoments(event.detail, now)}</span>
        )}
        {event.jobId && (
          <span className="md:hidden">
            <JobLink id={event.jobId} onNarrow={onNarrow} />
          </span>
        )}
      </td>
      <td className="whitespace-nowrap py-2.5 pr-4 pl-3 max-md:hidden sm:pr-5">
        {event.jobId && <JobLink id={event.jobId} onNarrow={onNarrow} />}
      </td>
    </tr>
  );
}

/** The service writes moments in UTC; beside the page's own they are the viewer's. */
function localMoments(detail: string, now: number): string {
  return detail.replace(/\b(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC\b/g, (_, day, time) =>
    formatMoment(Date.parse(`${day}T${time}Z`), now),
  );
}

function Who({ event, onNarrow }: { event: AuditEvent; onNarrow: (name: "user" | "job", id: string) => void }) {
  return (
    <>
      {event.userId === "" ? (
        <span className="text-ink-soft">The service</span>
      ) : (
        <button
          type="button"
          title="Only what this user did"
          onClick={() => onNarrow("user", event.userId)}
          className="max-w-40 truncate rounded text-left font-medium hover:underline"
        >
          {event.userName}
        </button>
      )}
      <span className="text-ink-faint text-xs max-sm:ml-2 sm:block">{event.ip}</span>
    </>
  );
}

/** A short name of a job: the ids of those booked together differ at their ends only. */
export function jobWord(id: string): string {
  return `…${id.slice(-8)}`;
}

function JobLink({ id, onNarrow }: { id: string; onNarrow: (name: "user" | "job", id: string) => void }) {
  return (
    <>
      <button
        type="button"
        title="Only what was done to this job"
        onClick={() => onNarrow("job", id)}
        className="rounded font-mono text-xs hover:underline"
      >
        {jobWord(id)}
      </button>{" "}
      <Link to={`/?job=${id}`} className="ml-1 text-accent-ink text-xs hover:underline">
        Show
      </Link>
    </>
  );
}
