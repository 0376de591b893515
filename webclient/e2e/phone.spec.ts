import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { makeUser, visit } from "./visitor";

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
  await view.prompt.fill("Booked by thumb");
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
  for (const section of ["Invitations", "Workers", "Audit", "Users"]) {
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: section }).tap();
    await expect(page.getByRole("region").first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  }
});

test("rows of the dashboard stay within their card, long names and series too", async ({ browser }) => {
  const token = await makeUser(service, "Professor Farida al-Khatib of Fez");
  const page = await visit(browser, service, token, "/dashboard", { viewport: { width: 390, height: 844 } });
  const booked = await page.request.post(`${service.url}/comfyscheduler.v1.SchedulerService/BookSeries`, {
    headers: { authorization: `Bearer ${token}` },
    data: { earliestStartMs: "0", inputs: { prompt: { text: "Three owls on a branch, woodcut" } }, count: 100 },
  });
  expect(booked.ok()).toBe(true);
  await page.getByRole("button", { name: "Show its 100 jobs" }).click();
  await expect(page.locator("tr[data-status]").nth(20)).toBeVisible();
  const [card, table] = await Promise.all([
    page.getByRole("region", { name: "Jobs", exact: true }).boundingBox(),
    page.getByRole("table").first().boundingBox(),
  ]);
  expect(table?.width).toBeLessThanOrEqual(card?.width ?? 0);
});

test.describe("with slots of half a minute", () => {
  let slow: Service;
  test.beforeAll(async () => {
    slow = await startService({ slotMargin: 10, stepTime: "850ms" });
  });
  test.afterAll(() => slow.dispose());

  for (const locale of ["en-US", "de-DE"]) {
    test(`the axis tells the time in ${locale}, and the chosen slot's label is not cut`, async ({ browser }) => {
      const viewport = { width: 390, height: 844 };
      const context = await browser.newContext({ locale, viewport, hasTouch: true, isMobile: true });
      const view = new SchedulerView(await context.newPage());
      await view.open(slow.url);
      const labels = view.timeline.locator(".vis-time-axis.vis-foreground .vis-text.vis-minor");
      const whole = () =>
        labels.evaluateAll(
          (all) =>
            all.filter((label) => {
              const { left, right } = label.getBoundingClientRect();
              const words = document.createRange();
              words.selectNodeContents(label);
              return left >= 0 && right > left && words.getBoundingClientRect().right <= innerWidth;
            }).length,
        );
      await expect.poll(whole).toBeGreaterThanOrEqual(3);

      for (const share of [0.3, 0.97]) {
        const { x, y } = await view.at(share);
        await view.page.touchscreen.tap(x, y);
        const label = view.timeline.locator(".tl-ghost.is-pinned .tl-ghost-label");
        await expect
          .poll(async () => {
            const box = await label.boundingBox();
            return box !== null && box.x >= 0 && box.x + box.width <= viewport.width;
          })
          .toBe(true);
      }
      await context.close();
    });
  }
});
