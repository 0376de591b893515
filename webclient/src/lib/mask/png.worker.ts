import { maskPng, readPng } from "./pixels";
import type { PngAnswer, PngTask } from "./pngTasks";

// Large pictures take seconds: the page must not stand still meanwhile.
addEventListener("message", ({ data: task }: MessageEvent<PngTask>) => {
  const answer = (told: PngAnswer) => postMessage(told);
  try {
    answer({ done: task.kind === "read" ? readPng(task.file) : maskPng(task.pixels, task.mask, task.use) });
  } catch (cause) {
    answer({ problem: cause instanceof Error ? cause.message : String(cause) });
  }
});
