import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

const lanes = 50;
let service: Service;
test.beforeAll(async () => {
  service = await startService({ workers: 2, offline: lanes - 2, stepTime: "200ms", slotMargin: 4 });
});
test.afterAll(() => service.dispose());

/** Books a little ahead, on a worker. */
async function bookOn(workerId: string, text: string): Promise<void> {
  const earliestStartMs = String(Date.now() + 60_000);
  await service.ask("SchedulerService/BookJob", { earliestStartMs, workerId, inputs: { prompt: { text } } });
}

test("of fifty lanes those in sight are drawn, and the axis and the heads stay", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const view = new SchedulerView(page);
  await view.open(service.url);
  await expect(async () => {
    await bookOn("gpu-50", "A hare on the last lane"); // its worker may be starting still
  }).toPass();
  await bookOn("gpu-1", "A fox on the first lane");
  // With short slots the timeline shows less than a minute.
  for (let i = 0; i < 2; i++) await page.getByRole("button", { name: "Zoom out" }).click();
  const heads = view.timeline.getByRole("list", { name: "Lanes" }).getByRole("listitem");
  await expect(view.block("A fox on the first lane")).toBeVisible();
  await expect(view.block("A hare on the last lane")).toHaveCount(0);
  await expect(view.timeline.getByText("50 lanes")).toBeVisible();
  expect(await heads.count()).toBeLessThan(15);
  expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(2_000);

  const axis = view.timeline.locator(".vis-panel.vis-top");
  const before = await axis.boundingBox();
  await view.timeline.hover();
  await view.timeline.evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await expect(view.block("A hare on the last lane")).toBeVisible();
  await expect(view.block("A fox on the first lane")).toHaveCount(0);
  await expect(heads.filter({ hasText: "gpu-50" })).toBeVisible();
  await expect(heads.filter({ hasText: "gpu-49" }).getByText(/^(Booting|Offline)$/)).toBeVisible();
  expect(await heads.count()).toBeLessThan(15);
  expect((await axis.boundingBox())?.y).toBe(before?.y);
  const [head, block] = await Promise.all([
    heads.filter({ hasText: "gpu-50" }).boundingBox(),
    view.block("A hare on the last lane").boundingBox(),
  ]);
  expect(block?.y).toBeGreaterThanOrEqual(head?.y ?? Number.NaN);
  expect((block?.y ?? 0) + (block?.height ?? 0)).toBeLessThanOrEqual((head?.y ?? 0) + (head?.height ?? 0));

  await view.timeline.evaluate((box) => box.scrollTo(0, 0));
  await view.row("A hare on the last lane").click();
  await expect(view.block("A hare on the last lane")).toBeInViewport();
  expect(await serious(page)).toEqual([]);
});

test("lanes that a dragged block is scrolled to are drawn, and it is dropped on the last of them", async ({
  browser,
}) => {
  const page = await visitAsAdministrator(browser, service);
  const view = new SchedulerView(page);
  await expect(async () => {
    await bookOn("gpu-50", "A heron that stays"); // its worker may be starting still
  }).toPass();
  await bookOn("gpu-1", "An otter that travels");
  for (let i = 0; i < 2; i++) await page.getByRole("button", { name: "Zoom out" }).click();
  const otter = view.block("An otter that travels");
  await expect(otter).toBeVisible();
  const frame = await view.timeline.boundingBox();
  if (!frame) throw new Error("the timeline is not on the page");
  await view.timeline.hover(); // a view that is pointed at does not turn
  const { x, y } = await view.resting(otter);
  await page.mouse.move(x + 10, y + 20);
  await page.mouse.down();
  await page.mouse.move(x + 30, y + 30, { steps: 6 });
  await expect(view.timeline.locator(".tl-ghost-label")).toBeVisible();
  await view.timeline.evaluate((lanes) => lanes.scrollTo(0, lanes.scrollHeight));
  await expect(view.block("A heron that stays")).toBeVisible();
  // Below the last lane is still the last lane; there it leaves its neighbour a place.
  await page.mouse.move(x + 210, frame.y + frame.height - 40, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByText(/^Moved to gpu-50, /)).toBeVisible();
});

test("the dashboard folds fifty workers and tells how all are", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/dashboard");
  const workers = page.getByRole("region", { name: "Workers" });
  await expect(workers.getByRole("article")).toHaveCount(10);
  await expect(workers.getByText(/^(48|49) (booting|offline)$/)).toBeVisible();
  await workers.getByRole("button", { name: "Show all 50 workers" }).click();
  await expect(workers.getByRole("article")).toHaveCount(50);
  expect(await serious(page)).toEqual([]);
});

test("on a phone the heads of lanes pass below the axis, and nothing is wider than the screen", async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true });
  const view = new SchedulerView(await context.newPage());
  await view.open(service.url);
  // To where the mark of a lane would lie over the axis.
  await view.timeline.evaluate((box) => box.scrollTo(0, 900));
  await expect(view.timeline.getByText("gpu-13", { exact: true })).toBeVisible();
  const onTop = await view.timeline.evaluate((box) => {
    const { left, top } = box.getBoundingClientRect();
    return document.elementFromPoint(left + 14, top + 3)?.closest(".vis-top, .tl-head")?.className;
  });
  expect(onTop).toContain("vis-top");
  const overflow = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
