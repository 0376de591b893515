import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { memo } from "react";
import { Icon } from "../../components/Icon";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { startOf } from "../../lib/slots";
import { OwnerCell, PictureCell, PromptCell, StatusCell, TimeCell } from "./cells";
import type { GridOrder } from "./query";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
const column = createColumnHelper<typeof features, Job>();

const columns = column.columns([
  column.display({ id: "picture", header: "Picture", enableSorting: false }),
  column.accessor(startOf, { id: "time", header: "Time" }),
  column.accessor("userId", { id: "user", header: "User", enableSorting: false }),
  column.accessor("status", { header: "Status", enableSorting: false }),
  column.accessor("prompt", { header: "Prompt", enableSorting: false }),
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

/** The jobs as a table. The server sorts: the table only shows and changes the order. */
export function GridTable({
  jobs,
  order,
  onOrder,
  onOpen,
}: {
  jobs: Job[];
  order: GridOrder;
  onOrder: (order: GridOrder) => void;
  onOpen: (jobId: string) => void;
}) {
  const table = useTable({
    features,
    columns,
    data: jobs,
    getRowId: (job) => job.id,
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
        {table.getRowModel().rows.map((row) => (
          <GridRow key={row.id} job={row.original} onOpen={onOpen} />
        ))}
      </tbody>
    </table>
  );
}

const rowLooks: Partial<Record<JobStatus, string>> = {
  [JobStatus.COMPLETED]: "bg-done-wash",
  [JobStatus.PROCESSING]: "bg-running-wash",
};

/** One job. A job that did not change keeps its object, so that its row is not rendered again. */
const GridRow = memo(function GridRow({ job, onOpen }: { job: Job; onOpen: (jobId: string) => void }) {
  return (
    <tr
      data-status={JobStatus[job.status].toLowerCase()}
      className={`border-line border-b align-middle last:border-0 ${rowLooks[job.status] ?? ""}`}
    >
      <td className="w-20 py-2 pl-4">
        <PictureCell job={job} onOpen={onOpen} />
      </td>
      <td className="whitespace-nowrap px-3 py-2">
        <TimeCell job={job} />
      </td>
      <td className="px-3 py-2 max-md:hidden">
        <OwnerCell job={job} />
      </td>
      <td className="px-3 py-2 max-md:hidden">
        <StatusCell job={job} />
      </td>
      <td className="w-full min-w-0 py-2 pr-4 pl-3">
        <div className="mb-0.5 flex flex-wrap items-center gap-2 md:hidden">
          <OwnerCell job={job} />
          <StatusCell job={job} />
        </div>
        <PromptCell job={job} />
      </td>
    </tr>
  );
});
