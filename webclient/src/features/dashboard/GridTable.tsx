import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { Icon } from "../../components/Icon";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Series } from "../../gen/comfyscheduler/v1/series_pb";
import type { Collapsed } from "../../lib/series";
import { startOf } from "../../lib/slots";
import { GridRow } from "./GridRow";
import type { GridOrder } from "./query";
import { SeriesRow } from "./SeriesRow";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
const column = createColumnHelper<typeof features, Collapsed>();

const columns = column.columns([
  column.display({ id: "picture", header: "Picture", enableSorting: false }),
  column.accessor(({ job }) => startOf(job), { id: "time", header: "Time" }),
  column.display({ id: "user", header: "User", enableSorting: false }),
  column.display({ id: "status", header: "Status", enableSorting: false }),
  column.display({ id: "prompt", header: "Prompt", enableSorting: false }),
]);

const sortings: Record<GridOrder, SortingState> = {
  now: [],
  desc: [{ id: "time", desc: true }],
  asc: [{ id: "time", desc: false }],
};
const nextOrder: Record<GridOrder, GridOrder> = { now: "desc", desc: "asc", asc: "now" };
const orderWords: Record<GridOrder, string> = { now: "now first", desc: "latest first", asc: "earliest first" };
const ariaSort = { now: "other", desc: "descending", asc: "ascending" } as const;
const narrow: Record<string, string> = { user: "max-md:hidden", status: "max-md:hidden" };

/** The jobs as a table, a series as one entry. The server sorts: the table only shows and changes the order. */
export function GridTable({
  entries,
  sums,
  shows,
  order,
  onOrder,
  onOpen,
}: {
  entries: Collapsed[];
  /** How far series are, by id. */
  sums: ReadonlyMap<string, Series>;
  /** Whether a job of a series belongs to what is shown. */
  shows: (job: Job) => boolean;
  order: GridOrder;
  onOrder: (order: GridOrder) => void;
  onOpen: (jobId: string) => void;
}) {
  const table = useTable({
    features,
    columns,
    data: entries,
    getRowId: rowId,
    manualSorting: true,
    state: { sorting: sortings[order] },
  });
  return (
    <table className="w-full text-left text-sm">
      <thead className="border-line border-y bg-raised text-ink-soft text-xs">
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <th
                key={header.id}
                scope="col"
                aria-sort={header.id === "time" ? ariaSort[order] : undefined}
                className={`px-3 py-2 font-medium first:pl-4 last:pr-4 ${narrow[header.id] ?? ""}`}
              >
                {header.column.getCanSort() ? (
                  <button
                    type="button"
                    onClick={() => onOrder(nextOrder[order])}
                    title={`Sorted ${orderWords[order]}. Change to ${orderWords[nextOrder[order]]}`}
                    className="-m-1 inline-flex items-center gap-1 rounded p-1 hover:text-ink"
                  >
                    <table.FlexRender header={header} />
                    <Icon
                      name={order === "desc" ? "arrowDown" : order === "asc" ? "arrowUp" : "clock"}
                      className="size-3.5"
                    />
                    <span className="whitespace-nowrap font-normal max-sm:sr-only">{orderWords[order]}</span>
                  </button>
                ) : (
                  <table.FlexRender header={header} />
                )}
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {table
          .getRowModel()
          .rows.map(({ id, original: entry }) =>
            entry.others.length === 0 ? (
              <GridRow key={id} job={entry.job} onOpen={onOpen} />
            ) : (
              <SeriesRow key={id} told={sums.get(entry.job.seriesId)} {...{ entry, shows, onOpen }} />
            ),
          )}
      </tbody>
    </table>
  );
}

/** A series keeps its row while its jobs come and go. */
function rowId({ job, others }: Collapsed): string {
  return others.length === 0 ? job.id : job.seriesId;
}
