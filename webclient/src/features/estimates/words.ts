import type { EstimateReport } from "../../gen/comfyscheduler/v1/estimate_pb";
import { plural } from "../../lib/format";

/** Figures of fewer runs than this say little. */
export const few = 5;
/** From so many runs on the share of those within their slots means something: one of twenty may miss. */
const enough = 20;

/** A share of one as people say it: "2 %", "0.4 %". */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** What the figures mean, honestly. */
export function verdictWords(report: Pick<EstimateReport, "runs" | "coverage" | "errorP50">): string {
  const runs = Number(report.runs);
  if (runs < few)
    return `Only ${plural(runs, "run")} so far: these figures say little yet, and slots have room to spare meanwhile.`;
  const off = `Typically off by ${percent(report.errorP50)}.`;
  if (report.errorP50 > 0.25)
    return `So far they are far off, typically by ${percent(report.errorP50)}: they get better with every run.`;
  if (runs < enough) return `${off} With ${runs} runs it is too early to say how many outlast their slots.`;
  if (report.coverage < 0.9)
    return `${off} Too many runs outlast their slots: they get longer with every run that does.`;
  if (report.coverage > 0.985) return `${off} Slots have more room than they need.`;
  return `${off} Slots are as long as they should be.`;
}
