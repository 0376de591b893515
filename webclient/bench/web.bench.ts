import { test } from "@playwright/test";
import { startService } from "../e2e/service";
import { createLoad } from "./load";
import { installProbe, loadingOf, type Pace, paceOf } from "./probe";
import { machine, paceHead, paceRow, quantile, table } from "./table";

const jobs = Number(process.env["JOBS"] ?? 2_000);
const perSecond = Number(process.env["CHANGES"] ?? 50);
const seconds = Number(process.env["SECONDS"] ?? 15);
const loadings = 5;

test(`${perSecond} changes a second with ${jobs} jobs on the timeline`, async ({ browser }) => {
  // Slots of about ten seconds: two thousand fill a working day.
  const service = await startService({ slotMargin: 10, stepTime: "220ms" });
  try {
    const load = createLoad(service.url, await service.adminToken());
    await load.book(jobs);
    const version = browser.version();
    console.log(`\nChromium ${version} headless, ${jobs} jobs, ${seconds} s a line\n${machine()}`);

    const times: Awaited<ReturnType<typeof loadingOf>>[] = [];
    for (let run = 0; run < loadings; run++) {
      const context = await browser.newContext();
      times.push(await loadingOf(await context.newPage(), service.url));
      await context.close();
    }
    const median = (key: "painted" | "live" | "kilobytes") =>
      quantile(
        times.map((time) => time[key]),
        0.5,
      ).toFixed(0);
    const loading = [["first visit", median("kilobytes"), median("painted"), median("live")]];
    console.log(`\n${table(["", "KiB over the wire", "first paint ms", "live timeline ms"], loading)}`);

    const page = await (await browser.newContext()).newPage();
    await installProbe(page);
    const rows: string[][] = [];
    const measure = async (name: string, meanwhile?: () => Promise<void>) => {
      const stop = new AbortController();
      const begun = performance.now();
      const changing = load.change(perSecond, stop.signal);
      await page.waitForTimeout(1_000);
      const pace: Pace = await paceOf(browser, page, seconds * 1_000, meanwhile);
      stop.abort();
      rows.push(paceRow(name, ((await changing) * 1_000) / (performance.now() - begun), pace));
    };

    await loadingOf(page, service.url);
    await measure("timeline, minutes in sight");
    const zoomOut = page.getByRole("button", { name: "Zoom out" });
    for (let step = 0; step < 9; step++) await zoomOut.click();
    await page.waitForTimeout(2_000);
    await measure("timeline, every job in sight");
    const box = await page.locator(".tl-frame").boundingBox();
    if (!box) throw new Error("the timeline is not on the page");
    await page.mouse.move(box.x + box.width / 2, box.y + 100);
    let turn = 0;
    await measure("the same, panned and zoomed by hand", async () => {
      turn++;
      await page.mouse.wheel(turn % 20 < 10 ? 30 : -30, turn % 40 < 20 ? 10 : -10);
      await page.waitForTimeout(30);
    });
    await loadingOf(page, `${service.url}/dashboard`);
    await measure("dashboard");
    console.log(`\n${table(paceHead, rows)}\n${machine()}\n`);
  } finally {
    await service.dispose();
  }
});
