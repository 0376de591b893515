import { useCallback } from "react";
import { useSearchParams } from "react-router";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { ListEnd } from "../../components/ListEnd";
import type { AuditEvent } from "../../gen/comfyscheduler/v1/admin_service_pb";
import { usePages } from "../../lib/usePages";
import { useLiveContext } from "../../live/LiveContext";
import { AuditRow, jobWord } from "./AuditRow";

/** Columns that a narrow screen shows within another one. */
const narrow: Record<string, string> = { Who: "max-sm:hidden", Job: "max-md:hidden" };

/** Who did what, latest first; of one user or about one job when the address says so. */
export default function Audit() {
  const { api } = useLiveContext();
  const [search, setSearch] = useSearchParams();
  const [userId, jobId] = [search.get("user") ?? "", search.get("job") ?? ""];
  const list = usePages<AuditEvent>(
    useCallback(
      async (pageToken, signal) => {
        const request = { pageToken, userId, jobId };
        const { events, nextPageToken } = await api.admin.listAuditEvents(request, signal ? { signal } : {});
        return { rows: events, next: nextPageToken };
      },
      [api, userId, jobId],
    ),
  );
  const filter = (name: "user" | "job", id: string) => {
    const next = new URLSearchParams(search);
    if (id === "") next.delete(name);
    else next.set(name, id);
    setSearch(next);
  };
  const userName = list.rows.find((event) => event.userId === userId)?.userName || userId.slice(0, 8);
  return (
    <section aria-label="Audit" className="card min-w-0 overflow-hidden">
      <title>Audit · ComfyScheduler</title>
      <div className="flex flex-wrap items-center gap-2 p-4 sm:px-5">
        <p className="mr-auto text-ink-soft text-sm">Who did what, latest first. Kept for 180 days.</p>
        {userId !== "" && <Filter words={`By ${userName}`} onClear={() => filter("user", "")} />}
        {jobId !== "" && <Filter words={`Job ${jobWord(jobId)}`} onClear={() => filter("job", "")} />}
        <Button onClick={() => void list.refresh()}>
          <Icon name="repeat" className="size-4" />
          Read again
        </Button>
      </div>
      <div className="overflow-x-auto">
        <table className="w-full text-left text-sm">
          <thead className="border-line border-y bg-raised text-ink-soft text-xs">
            <tr>
              {["When", "Who", "What", "Job"].map((name) => (
                <th
                  key={name}
                  scope="col"
                  className={`px-3 py-2 font-medium first:pl-4 last:pr-4 sm:last:pr-5 sm:first:pl-5 ${narrow[name] ?? ""}`}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.rows.map((event, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an event has no id, and rows only come at the end
              <AuditRow key={`${event.atMs}-${index}`} event={event} onNarrow={filter} />
            ))}
          </tbody>
        </table>
      </div>
      <ListEnd
        {...list}
        empty={list.rows.length === 0 && "Nothing has been done here."}
        more={list.next !== ""}
        moreLabel="Show earlier ones"
        onMore={list.more}
      />
    </section>
  );
}

function Filter({ words, onClear }: { words: string; onClear: () => void }) {
  return (
    <button
      type="button"
      onClick={onClear}
      title="Show all again"
      className="inline-flex min-h-9 items-center gap-1.5 rounded-full bg-accent-wash px-3 font-medium text-accent-ink text-sm"
    >
      {words}
      <Icon name="close" className="size-3.5" />
      <span className="sr-only">(show all again)</span>
    </button>
  );
}
