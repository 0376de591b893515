import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10, stepTime: "200ms" });
});
test.afterAll(() => service.dispose());

test("variations are booked in one go, followed as one and taken back as one", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("A fox, four times");
  await page.getByRole("radio", { name: "Variations" }).check({ force: true });
  await expect(page.getByText(/of GPU time, from .* all done by/)).toBeVisible();
  await page.getByRole("button", { name: "Book 4 jobs" }).click();
  await expect(page.getByText(/^4 jobs booked, the first for /)).toBeVisible();
  const series = view.panel.getByRole("region", { name: "Series" });
  await expect(series.getByText("1 of 4 in a series")).toBeVisible();
  await expect(series.getByRole("listitem")).toHaveCount(4);
  await expect(series.getByRole("link", { name: "1: Completed" })).toBeVisible();
  await series.getByRole("button", { name: "Cancel the rest" }).click();
  await series.getByRole("button", { name: "Cancel them" }).click();
  await expect(series.getByText("all are over")).toBeVisible();
  await expect(series.getByRole("link", { name: "4: Cancelled" })).toBeVisible();
  expect(await serious(page)).toEqual([]);
});

test("a list of prompts and a grid say how many they are, and what is wrong with them", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await page.getByRole("radio", { name: "List of prompts" }).check({ force: true });
  await page.getByLabel("Prompts", { exact: true }).fill("A fox\nA hare\nAn owl");
  await expect(page.getByRole("button", { name: "Book 3 jobs" })).toBeEnabled();
  await page.getByRole("radio", { name: "Grid" }).check({ force: true });
  await page.getByLabel("Input 1 of the grid").selectOption({ label: "Steps" });
  await page.getByLabel("Values of Steps").fill("4, 8, 99");
  await expect(page.getByText("Steps, 99: From 1 to 50.")).toBeVisible();
  await page.getByLabel("Values of Steps").fill("4, 8");
  await view.prompt.fill("A fox in a grid");
  await page.getByRole("button", { name: "Book 2 jobs" }).click();
  await expect(view.panel.getByText("1 of 2 in a series")).toBeVisible();
});

test("a series is one entry of the dashboard, which unfolds, is kept as one and cancelled as one", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("A heron in three seeds");
  await page.getByRole("radio", { name: "Variations" }).check({ force: true });
  await page.getByLabel("How many variations").fill("12");
  await page.getByRole("button", { name: "Book 12 jobs" }).click();
  await expect(view.panel.getByText("1 of 12 in a series")).toBeVisible();
  await page.getByRole("link", { name: "Dashboard" }).click();
  await page.getByRole("checkbox", { name: "Only mine" }).check();
  const row = page.locator("tr[data-series]", { hasText: "A heron in three seeds" });
  await expect(row).toHaveCount(1);
  await expect(row.getByRole("link", { name: "Zip" })).toHaveAttribute("href", /^\/archives\/series\//);
  const status = row.getByRole("cell").nth(3); // on a phone it stands in the last one
  await expect(status.getByText(/^\d+ done · .* to come$/)).toBeVisible();
  await row.getByRole("button", { name: "Show its 12 jobs" }).click();
  const jobs = page.locator("tr[data-status]", { hasText: "A heron in three seeds" });
  await expect(jobs).toHaveCount(12);
  expect(await serious(page)).toEqual([]);
  await row.getByRole("button", { name: "Cancel the rest" }).click();
  await row.getByRole("button", { name: "Cancel them" }).click();
  await expect(status.getByText(/ cancelled$/)).toBeVisible();
  await row.getByRole("button", { name: "Hide its jobs" }).click();
  await expect(jobs).toHaveCount(0);
});
