import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

test("the page of estimates says honestly how good they were, from the first run on", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await page.goto(`${service.url}/estimates`);
  await expect(page.getByText("No run has taught anything yet")).toBeVisible();
  await page.goto(service.url);
  await view.bookNext("A run that teaches");
  await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Dashboard" }).click();
  await page.getByRole("link", { name: "How good the estimates are" }).click();
  const report = page.getByRole("article").filter({ hasText: "FLUX.2 klein" });
  await expect(report.getByText(/^Only 1 run so far/)).toBeVisible();
  await expect(report.getByRole("img", { name: /^FLUX.2 klein: 1 runs?/ })).toBeVisible();
  expect(await serious(page)).toEqual([]);
});
