import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { holdsSlot, slotOf } from "../../lib/slots";
import { isMovable } from "../../lib/words/promise";
import { ownerWords, promptLine, type Viewer } from "../../lib/words/words";
import type { Block } from "./blocks";

/** BlockItem is a block in vis-timeline's terms. */
export interface BlockItem {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly content: string;
  readonly className: string;
  /** Puts it on its lane. */
  readonly style: string;
  /** It can be dragged. */
  readonly movable: boolean;
  readonly selectable: boolean;
  readonly type: "range";
  /** First and second line of the label; empty where there is no room for one. */
  readonly name: string;
  readonly text: string;
  /** Pixels the label may take. */
  readonly room: number;
  /** The label stands beside the block, which is too narrow for it. */
  readonly beside: boolean;
}

const looks: Record<JobStatus, string> = {
  [JobStatus.UNSPECIFIED]: "",
  [JobStatus.SCHEDULED]: "is-scheduled",
  [JobStatus.PROCESSING]: "is-processing",
  [JobStatus.COMPLETED]: "is-completed",
  [JobStatus.FAILED]: "is-failed",
  [JobStatus.CANCELLED]: "is-cancelled",
};

const tail = "-overrun";
const cluster = "cluster-";

/** A block this wide, in pixels, holds its label; a narrower one has it beside it where there is room. */
const roomy = 44;
const roomBeside = 64;
const roomyCluster = 24;

/** Puts an item on a lane, counted from above. */
export function rowStyle(row: number): string {
  return `--row: ${row};`;
}

export function toItem(block: Block, viewer: Viewer, row = 0): BlockItem {
  const { job } = block;
  const mine = job.userId === viewer.id;
  const single = block.count === 1;
  const name = single ? ownerWords(job, viewer) : String(block.count);
  const inside = block.width >= (single ? roomy : roomyCluster);
  const beside = single && !inside && block.room >= roomBeside;
  const labelled = inside || beside;
  const looksLike = single
    ? `${looks[job.status]}${mine ? " is-mine" : ""}${isMovable(job) ? " is-movable" : ""}${
        block.joinsNext ? " joins-next" : ""
      }${block.joinsLast ? " joins-last" : ""}${job.hidden ? " is-private" : ""}`
    : `is-cluster ${holdsSlot(job) ? "is-scheduled" : "is-completed"}`;
  return {
    id: single ? job.id : `${cluster}${job.id}`,
    start: block.start,
    end: block.end,
    content: "",
    className: looksLike,
    style: rowStyle(row),
    movable: single && mine && job.status === JobStatus.SCHEDULED,
    selectable: single,
    type: "range",
    name: labelled ? name : "",
    text: labelled && single ? promptLine(job).slice(0, 160) : "",
    room: Math.round(inside ? Math.max(block.width - 2, 0) : Math.min(block.room - 6, 240)),
    beside,
  };
}

/** The tail of a running job that outlasts its slot, drawn below whatever comes after it. */
export function overrunItem(job: Job, now: number, row = 0): BlockItem {
  return {
    id: `${job.id}${tail}`,
    start: slotOf(job).end,
    end: now,
    content: "",
    className: "is-overrun",
    style: rowStyle(row),
    movable: false,
    selectable: false,
    type: "range",
    name: "",
    text: "",
    room: 0,
    beside: false,
  };
}

/** The job that an item stands for, or undefined for a cluster. */
export function jobIdOf(itemId: string): string | undefined {
  return itemId.startsWith(cluster) ? undefined : itemId.replace(tail, "");
}

/** Whether two items look the same on the screen. */
export function sameItem(a: BlockItem, b: BlockItem): boolean {
  return (
    a.start === b.start &&
    a.end === b.end &&
    a.className === b.className &&
    a.style === b.style &&
    a.name === b.name &&
    a.text === b.text &&
    a.room === b.room
  );
}

/** Draws an item's label. Text nodes only: a prompt is never read as markup. */
export function drawLabel(item: BlockItem): HTMLElement {
  const label = document.createElement("div");
  label.className = "tl-label";
  label.dataset["item"] = item.id;
  if (item.name !== "") {
    label.style.width = `${item.room}px`;
    label.classList.toggle("is-beside", item.beside);
    const name = label.appendChild(document.createElement("b"));
    name.textContent = item.name;
    const text = label.appendChild(document.createElement("span"));
    text.textContent = item.text;
  }
  return label;
}
