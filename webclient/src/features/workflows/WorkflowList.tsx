import { useCallback, useEffect, useMemo, useState } from "react";
import { ListEnd } from "../../components/ListEnd";
import { SearchField } from "../../components/SearchField";
import type { WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { plural } from "../../lib/format";
import { matches } from "../../lib/search";
import { usePages } from "../../lib/usePages";
import { useSettled } from "../../lib/useSettled";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { WorkflowRow } from "./WorkflowRow";

const pageSize = 500;
/** Rows drawn at most: of more, words find the others. */
const drawn = 200;

/** Milliseconds after the last letter before the server is asked. */
const rest = 250;

const shelves = [
  ["all", "All"],
  ["bookable", "Can be booked"],
  ["broken", "Cannot run"],
  ["off", "Switched off"],
] as const;
type Shelf = (typeof shelves)[number][0];

/** Every workflow there is, switched off ones too. */
export function WorkflowList({ onOpen }: { onOpen: (id: string) => void }) {
  const [words, setWords] = useState("");
  const { rows, phase, error, next, more } = useAllWorkflows(words);
  const [shelf, setShelf] = useState<Shelf>("all");
  const on = useMemo(() => (name: Shelf) => rows.filter((row) => name === "all" || shelfOf(row) === name), [rows]);
  const found = on(shelf).filter(({ id, title, description, tags }) => matches(words, id, title, description, ...tags));
  return (
    <section aria-label="Workflows" className="card min-w-0 overflow-hidden">
      <div className="flex flex-wrap items-center gap-3 border-line border-b p-3 sm:px-4">
        <SearchField label="Search workflows" value={words} onWords={setWords} className="min-w-0 flex-1 basis-56" />
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Show</legend>
          {shelves.map(([name, label]) => {
            const count = on(name).length;
            if (count === 0 && name !== "all" && name !== shelf) return null;
            return (
              <button
                key={name}
                type="button"
                aria-pressed={shelf === name}
                onClick={() => setShelf(name)}
                className={`min-h-8 rounded-lg px-2.5 text-sm transition-colors ${
                  shelf === name ? "bg-accent-wash font-medium text-accent-ink" : "text-ink-soft hover:bg-sunken"
                }`}
              >
                {label} <span className="text-xs opacity-80">{count}</span>
              </button>
            );
          })}
        </fieldset>
      </div>
      <ul className="divide-y divide-line">
        {found.slice(0, drawn).map((summary) => (
          <WorkflowRow key={summary.id} summary={summary} onOpen={() => onOpen(summary.id)} />
        ))}
      </ul>
      {found.length > drawn && (
        <p className="p-4 text-center text-ink-soft text-sm">
          {plural(found.length - drawn, "more workflow")}: search by words.
        </p>
      )}
      <ListEnd
        phase={phase}
        error={error}
        empty={found.length === 0 && (rows.length === 0 ? "There is no workflow yet." : "No workflow has these words.")}
        more={next !== ""}
        onMore={more}
      />
    </section>
  );
}

function shelfOf({ disabled, bookable }: WorkflowSummary): Shelf {
  return disabled ? "off" : bookable ? "bookable" : "broken";
}

/**
 * All workflows, read anew when the live state tells of a change. Where they are more than a page holds, the server finds those
 * with the words.
 */
function useAllWorkflows(words: string) {
  const { api } = useLiveContext();
  const told = useLive((state) => state.workflows);
  const [many, setMany] = useState(false);
  const query = useSettled(many ? words.trim() : "", rest);
  const list = usePages<WorkflowSummary>(
    useCallback(
      async (pageToken, signal) => {
        const request = { pageToken, pageSize, query };
        const { workflows, nextPageToken } = await api.workflows.listWorkflows(request, signal ? { signal } : {});
        setMany((before) => before || nextPageToken !== "");
        return { rows: workflows, next: nextPageToken };
      },
      [api, query],
    ),
  );
  const { refresh } = list;
  const [first] = useState(told);
  useEffect(() => {
    if (told !== first) void refresh();
  }, [told, first, refresh]);
  return list;
}
