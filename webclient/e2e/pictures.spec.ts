import type { Page } from "@playwright/test";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ stepTime: "600ms" });
});
test.afterAll(() => service.dispose());

test("a picture appears by itself on both pages, opens in the lightbox and downloads", async ({ page, browser }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  const dashboard = await (await browser.newContext()).newPage();
  await dashboard.goto(`${service.url}/dashboard`);
  await expect(dashboard.getByText("No jobs here yet")).toBeVisible();

  const shares = await watchProgress(page);
  await view.bookNext("A fox in the snow");
  await expect(dashboard.locator("tr[data-status=processing]")).toBeVisible();
  await expect(view.panel.getByRole("progressbar")).toBeVisible();
  await expect(view.panel.getByAltText("Preview")).toBeVisible();
  await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
  const seen = await shares();
  expect(seen[0]).toBeLessThan(50);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBeLessThan(100);
  const picture = view.panel.getByAltText("A fox in the snow");
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);

  const row = dashboard.locator("tr[data-status=completed]");
  await expect(row.getByText("A fox in the snow")).toBeVisible();
  await expect(dashboard.getByRole("region", { name: "Total Jobs Today" }).getByText("1 completed")).toBeVisible();
  const thumbnail = row.locator("img");
  await expect.poll(() => thumbnail.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    view.panel.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.png$/);

  await view.page.getByRole("button", { name: "New booking" }).click();
  await view.bookNext("A clay kitchen");
  await expect(dashboard.locator("tr[data-status=completed]")).toHaveCount(2);
  await dashboard.getByRole("button", { name: "Open the picture" }).first().click();
  const lightbox = dashboard.locator(".yarl__root");
  await expect(lightbox.getByText(/^A clay kitchen/)).toBeVisible();
  await expect(lightbox.getByText(/Seed \d+/).first()).toBeVisible();
  await dashboard.keyboard.press("ArrowRight");
  await expect(lightbox.locator(".yarl__slide_current").getByText(/^A fox in the snow/)).toBeVisible();
  await lightbox.getByRole("button", { name: "Zoom in" }).click();
  await dashboard.keyboard.press("Escape");
  await expect(lightbox).toBeHidden();
});

test("a picture that has vanished from disk is said", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.bookNext("A ghost ship");
  await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
  await service.deleteOutput();
  await page.reload();
  await expect(view.panel.getByText("its file may have been deleted from the output folder")).toBeVisible();
  await page.getByRole("link", { name: "Dashboard" }).click();
  const row = page.locator("tr[data-status=completed]").filter({ hasText: "A ghost ship" });
  await row.getByRole("button", { name: "Open the picture" }).click();
  await expect(page.locator(".yarl__slide_current").getByText("its file may have been deleted")).toBeVisible();
});

test("the grid sorts by time, filters by status, and shows a long prompt on demand", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  const tail = "and the very last word is zebra";
  for (const prompt of ["Short and early", `${"A long and winding description. ".repeat(6)}${tail}`]) {
    await view.bookNext(prompt);
    await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "New booking" }).click();
  }

  await page.getByRole("link", { name: "Dashboard" }).click();
  const times = () => page.locator("tbody tr[data-status] td:nth-child(2) a").allTextContents();
  const completed = page.locator("tr[data-status=completed]");
  await expect(completed.getByText("Short and early")).toBeVisible();
  const sorter = page.getByRole("button", { name: /^Time/ });
  await sorter.click();
  await expect(page.locator("th[aria-sort=descending]")).toBeVisible();
  await expect(completed.getByText("Short and early")).toBeVisible();
  const latestFirst = await times();
  await sorter.click();
  await expect(page.locator("th[aria-sort=ascending]")).toBeVisible();
  await expect.poll(times).toEqual([...latestFirst].reverse());
  expect(latestFirst.length).toBeGreaterThan(1);

  await expect(page.getByText(tail)).toBeHidden();
  await completed.getByRole("button", { name: "Show all" }).first().click();
  await expect(page.getByText(tail)).toBeVisible();

  await page.getByRole("button", { name: "Failed" }).click();
  await expect(page.getByText("No jobs here yet")).toBeVisible();
});

test("a job that outlasts its slot says so, and is cancelled while it runs", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  // A slot is as long as its values ask for: only a run that is unlike the others outlasts it.
  await view.bookNext("A picture that takes far too long [[slow=5s]]");
  await expect(view.panel.getByText(/^Overruns its slot by/)).toBeVisible();
  await expect(view.timeline.locator(".is-overrun")).toBeVisible();
  await view.panel.getByRole("button", { name: "Cancel job" }).click();
  await expect(view.panel.getByText("Cancelled", { exact: true })).toBeVisible();
});

/** Notes every value that the selected job's progress bar takes. */
async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const values: number[] = [];
    const look = () => {
      const bar = document.querySelector("[aria-label='Selected job'] [role=progressbar]");
      if (bar) values.push(Number(bar.getAttribute("aria-valuenow")));
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(globalThis, { progressSeen: () => values });
  });
  return () => page.evaluate(() => (globalThis as unknown as { progressSeen: () => number[] }).progressSeen());
}
