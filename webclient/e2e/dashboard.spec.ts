import type { Page } from "@playwright/test";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

// A generation is over in a blink: every job changes its state several times in a second.
let service: Service;
test.beforeAll(async () => {
  service = await startService({ stepTime: "2ms", slotMargin: 0 });
});
test.afterAll(() => service.dispose());

const jobs = 60;

/** Looks at the rows at every change of the page: none twice, and none that does not belong to the chosen filter. */
async function watchRows(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const wrong = new Set<string>();
    const look = () => {
      const rows = [...document.querySelectorAll<HTMLElement>("tbody tr[data-status]")];
      const links = rows.map((row) => row.querySelector("a")?.getAttribute("href"));
      if (new Set(links).size < links.length) wrong.add("a job is listed twice");
      const filter = document.querySelector("fieldset button[aria-pressed=true]")?.textContent?.toLowerCase();
      for (const { dataset } of rows)
        if (filter !== "all" && dataset["status"] !== filter) wrong.add(`${dataset["status"]} under ${filter}`);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    Object.assign(globalThis, { wrongRows: () => [...wrong] });
  });
  return () => page.evaluate(() => (globalThis as unknown as { wrongRows: () => string[] }).wrongRows());
}

test("the grid lists every job once and nothing under a wrong filter, while many fast jobs run", async ({
  browser,
}) => {
  test.slow();
  const page = await visitAsAdministrator(browser, service, "/dashboard");
  const filters = page.getByRole("group", { name: "Status" }).getByRole("button");
  await expect(filters.first()).toBeVisible();
  const wrong = await watchRows(page);
  for (let booked = 0; booked < jobs; booked++)
    await service.ask("SchedulerService/BookJob", {
      inputs: { prompt: { text: `Fast ${booked}` } },
      earliestStartMs: "0",
    });

  const done = page.getByRole("region", { name: "Total Jobs Today" }).getByText(`${jobs} completed`);
  const names = ["Processing", "Completed", "Scheduled", "Failed", "Cancelled", "All"];
  await expect(async () => {
    for (const name of names) await filters.filter({ hasText: name }).click();
    expect(await done.count()).toBe(1);
  }).toPass({ timeout: 120_000, intervals: [0] });

  expect(await wrong()).toEqual([]);
  for (const name of ["Processing", "Scheduled", "Failed", "Cancelled"]) {
    await filters.filter({ hasText: name }).click();
    await expect(page.getByText("No jobs here yet")).toBeVisible();
    await expect(page.locator("tr[data-status]")).toHaveCount(0);
  }
  await filters.filter({ hasText: "Completed" }).click();
  await page.getByRole("button", { name: "Show older jobs" }).click();
  await expect(page.locator("tr[data-status=completed]")).toHaveCount(jobs);
  expect(await wrong()).toEqual([]);
});
