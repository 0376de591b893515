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

  const headings = {
    "/": "New booking",
    "/dashboard": "Jobs",
    "/account": "Tokens",
    "/sign-in": "Sign in with a token",
  };
  for (const [path, heading] of Object.entries(headings)) {
    await page.goto(service.url + path);
    await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
    await expect(page.getByRole("heading", { name: heading, exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  }
});

test("a phone reaches every section of the administration, and nothing is off the screen", async ({ page }) => {
  await page.goto(`${service.url}/sign-in`);
  await page.getByLabel("Token", { exact: true }).fill(await service.adminToken());
  await page.getByRole("button", { name: "Sign in" }).tap();
  await page.getByRole("link", { name: "Administration" }).tap();
  for (const section of ["Invitations", "ComfyUI", "Audit", "Users"]) {
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: section }).tap();
    await expect(page.getByRole("region").first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  }
});
