import type { Browser, Page } from "@playwright/test";
import { type Task, tasksDuring } from "./trace";

/** Pace is how fluently a page ran for a while. Milliseconds, but for the seconds it lasted. */
export interface Pace {
  readonly seconds: number;
  readonly tasks: readonly Task[];
  /** From one frame to the next. */
  readonly frames: readonly number[];
  /** Redraws of the timeline's blocks. */
  readonly redraws: number;
}

declare global {
  interface Window {
    probe: { frames: number[]; redraws: number; begun: number };
  }
}

/** Makes every document of the page record its frames and the redraws of its timeline. */
export async function installProbe(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.probe = { frames: [], redraws: 0, begun: performance.now() };
    let last = performance.now();
    let drawn = false;
    const frame = (now: number) => {
      window.probe.frames.push(now - last);
      // Whatever is drawn anew within a frame is one redraw.
      if (drawn) window.probe.redraws++;
      drawn = false;
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new MutationObserver((changes) => {
      drawn ||= changes.some(({ target }) => (target as Element).closest?.(".vis-foreground"));
    }).observe(document, { subtree: true, childList: true });
  });
}

/** Lets the page run for the time given, in milliseconds, and tells how it went. `meanwhile` is what a hand does. */
export async function paceOf(browser: Browser, page: Page, ms: number, meanwhile?: () => Promise<void>): Promise<Pace> {
  await page.evaluate(() => {
    window.probe = { frames: [], redraws: 0, begun: performance.now() };
  });
  let seen = { seconds: 0, frames: [] as number[], redraws: 0 };
  const tasks = await tasksDuring(browser, page, async () => {
    const over = Date.now() + ms;
    while (meanwhile && Date.now() < over) await meanwhile();
    await page.waitForTimeout(Math.max(0, over - Date.now()));
    seen = await page.evaluate(() => {
      const { frames, redraws, begun } = window.probe;
      return { seconds: (performance.now() - begun) / 1000, frames, redraws };
    });
  });
  return { ...seen, tasks };
}

/** When the page first painted and first showed the jobs, in milliseconds from the start of its loading. */
export async function loadingOf(
  page: Page,
  url: string,
): Promise<{ painted: number; live: number; kilobytes: number }> {
  await page.goto(url, { waitUntil: "commit" });
  const live = await page.waitForFunction(
    () => document.querySelector(".tl-frame .vis-item, tr[data-status]") && performance.now(),
  );
  return page.evaluate(
    (at) => {
      const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
      const bytes = resources.reduce((sum, { transferSize }) => sum + transferSize, 0);
      const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
      return { live: at, painted, kilobytes: bytes / 1024 };
    },
    Number(await live.jsonValue()),
  );
}
