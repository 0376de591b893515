import { type Worker, WorkerStatus } from "../../gen/comfyscheduler/v1/worker_pb";
import { pauseOf } from "../slots";
import { pauseWords } from "./pause";
import { workerWords } from "./words";

/** What a worker is called on the page. */
export function workerTitle({ id, title }: { readonly id: string; readonly title?: string }): string {
  return title || id;
}

/** The device without the words that all have in common, such as "RTX 4090" of "cuda:0 NVIDIA GeForce RTX 4090". */
export function deviceWords(device: string): string {
  return device
    .replace(/^(cuda|xpu|mps|privateuseone):?\d*\s+/i, "")
    .replace(/\s*:\s*\w+$/, "")
    .replace(/\b(NVIDIA|GeForce|AMD|Radeon)\s+/gi, "")
    .trim();
}

/** WorkerMood is how a worker is, in a word and a colour. */
export interface WorkerMood {
  readonly tone: "good" | "busy" | "bad" | "still";
  readonly words: string;
}

/** How a worker is at a moment; undefined stands for one that is no longer configured. */
export function workerMood(worker: Worker | undefined, now: number): WorkerMood {
  if (!worker) return { tone: "bad", words: "Not configured" };
  if (worker.outOfService) return { tone: "still", words: "Out of service" };
  const paused = pauseOf(worker, now);
  if (paused && paused.start <= now) return { tone: "still", words: pauseWords(paused.pause, now) };
  const words = workerWords[worker.status];
  if (worker.status === WorkerStatus.READY) return { tone: "good", words };
  return { tone: worker.status === WorkerStatus.OFFLINE ? "bad" : "busy", words };
}
