import { cpus, loadavg } from "node:os";
import type { Pace } from "./probe";

/** The value below which a share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** One line of the table. */
export function paceRow(name: string, perSecond: number, pace: Pace): string[] {
  const { seconds, tasks, frames, redraws } = pace;
  const longest = (kind: "wall" | "cpu") => Math.max(0, ...tasks.map((task) => task[kind])).toFixed(0);
  return [
    name,
    perSecond.toFixed(0),
    (redraws / seconds).toFixed(1),
    longest("cpu"),
    longest("wall"),
    String(tasks.filter(({ wall }) => wall > 100).length),
    (frames.length / seconds).toFixed(0),
    quantile(frames, 0.5).toFixed(1),
    quantile(frames, 0.99).toFixed(1),
  ];
}

export const paceHead = [
  "page",
  "changes/s",
  "redraws/s",
  "longest task, CPU ms",
  "wall ms",
  "tasks > 100 ms wall",
  "frames/s",
  "frame p50 ms",
  "p99 ms",
];

/** A table in Markdown, its columns aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** The machine and how busy it is with other things. */
export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} x ${first?.model.trim()}, load ${loadavg()
    .map((value) => value.toFixed(1))
    .join(" ")}`;
}
