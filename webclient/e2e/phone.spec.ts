import { expect, test } from "@playwright/test";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("a phone books by touch, and nothing is off the screen", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  const { x, y } = await view.at(0.7);
  await page.touchscreen.tap(x, y);
  const chosen = view.timeline.locator(".tl-ghost.is-pinned");
  await expect(chosen).toBeVisible();
  expect((await chosen.boundingBox())?.width).toBeGreaterThan(40);
  await chosen.getByRole("button", { name: "Book here" }).tap();
  await expect(view.panel).toBeVisible();

  for (const path of ["/", "/dashboard"]) {
    await page.goto(service.url + path);
    await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
    await expect(page.getByRole("heading", { name: path === "/" ? "New booking" : "Jobs", exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  }
});
