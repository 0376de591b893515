import type { Locator, Page } from "@playwright/test";
import { complaintsOf, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

const lanes = 16;
let service: Service;
test.beforeAll(async () => {
  service = await startService({ workers: 2, offline: lanes - 2, stepTime: "200ms", slotMargin: 4 });
});
test.afterAll(() => service.dispose());

// One block at a time: beside a neighbour it would have no room for its label, by which it is found.
const booked = new Set<string>();
test.afterEach(async () => {
  for (const jobId of booked) await service.ask("SchedulerService/CancelJob", { jobId });
  booked.clear();
});

/** Books a minute ahead on the first lane; returns the block as it rests in sight, the job's id, and where a hand takes it. */
async function bookBlock(page: Page, text: string) {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.timeline.hover(); // a view that is pointed at does not turn
  const earliestStartMs = String(Date.now() + 60_000);
  const request = { earliestStartMs, workerId: "gpu-1", inputs: { prompt: { text } } };
  const { job } = (await service.ask("SchedulerService/BookJob", request)) as unknown as { job: { id: string } };
  booked.add(job.id);
  for (let i = 0; i < 2; i++) await page.getByRole("button", { name: "Zoom out" }).click();
  const block = view.block(text);
  await expect(block).toBeVisible();
  const { x, y } = await view.resting(block);
  await page.mouse.move(x + 10, y + 20);
  return { view, block, id: job.id, x: x + 10, y: y + 20 };
}

/** The head of a lane. */
function head(view: SchedulerView, worker: string): Locator {
  return view.timeline.getByRole("button", { name: new RegExp(`^\\d*\\s*${worker}\\b`) });
}

/** Waits until a block that was held 200 pixels away is back. The view follows the time meanwhile, and takes it along. */
async function isBack(block: Locator, before: { x: number } | null): Promise<void> {
  await expect.poll(async () => Math.abs(((await block.boundingBox())?.x ?? 0) - (before?.x ?? 0))).toBeLessThan(100);
}

/** Presses where a block was found and takes it to the right, until the page shows where it would land. */
async function takeAlong(page: Page, view: SchedulerView, { x, y }: { x: number; y: number }): Promise<void> {
  await page.mouse.down();
  await page.mouse.move(x + 200, y, { steps: 6 });
  await expect(view.timeline.locator(".tl-ghost-label")).toBeVisible();
}

test("a block that is pulled away in one move is dropped there", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const { x, y } = await bookBlock(page, "A fox in a hurry");
  await page.mouse.down();
  await page.mouse.move(x + 200, y);
  await page.mouse.up();
  await expect(page.getByText(/^Moved to /)).toBeVisible();
});

test("a block whose lane is scrolled away while it is pressed is dragged all the same", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const complaints = complaintsOf(page);
  const { view, block, x } = await bookBlock(page, "A fox that is left behind");
  await page.mouse.down();
  await page.mouse.wheel(0, 5_000);
  await expect(head(view, "gpu-16")).toBeInViewport({ ratio: 1 });
  const lane = await head(view, "gpu-16").boundingBox();
  await page.mouse.move(x + 100, (lane?.y ?? 0) + 30, { steps: 6 });
  await expect(block).toBeInViewport();
  await page.mouse.up();
  await expect(page.getByText(/^Moved to gpu-16, /)).toBeVisible();
  expect(complaints).toEqual([]);
});

test("a drag that the browser takes away leaves the block where it was, and the next one moves it", async ({
  browser,
}) => {
  const page = await visitAsAdministrator(browser, service);
  const { view, block, x, y } = await bookBlock(page, "A fox that is taken away");
  const before = await block.boundingBox();
  await takeAlong(page, view, { x, y });
  await page.evaluate(() => {
    const { body } = document;
    const taken = { pointerId: 1, pointerType: "mouse", bubbles: true, isPrimary: true };
    body.dispatchEvent(new PointerEvent("pointercancel", taken));
  });
  await expect(page.getByText("Not moved.")).toBeVisible();
  await isBack(block, before);
  await page.mouse.up();
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 200, y, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByText(/^Moved to /)).toBeVisible();
});

test("whoever drags a block whose job is cancelled meanwhile is told", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const { view, id, x, y } = await bookBlock(page, "A fox that is cancelled");
  await takeAlong(page, view, { x, y });
  await service.ask("SchedulerService/CancelJob", { jobId: id });
  booked.delete(id);
  await expect(view.row("A fox that is cancelled")).toHaveCount(0);
  await page.mouse.up();
  await expect(page.getByText("Not moved.")).toBeVisible();
});

test("a block that is held at an edge of the lanes takes them along, and the view", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const { view, x } = await bookBlock(page, "A fox that goes far");
  const box = await view.timeline.boundingBox();
  if (!box) throw new Error("the timeline is not on the page");
  await page.mouse.down();
  await page.mouse.move(x + 60, box.y + box.height - 6, { steps: 6 });
  await expect(head(view, "gpu-16")).toBeInViewport({ ratio: 1 });
  await page.mouse.move(x + 60, box.y + 50, { steps: 6 });
  await expect(head(view, "gpu-1")).toBeInViewport({ ratio: 1 });
  await page.mouse.move(box.x + box.width - 6, box.y + box.height / 2, { steps: 6 });
  await expect(view.timeline.locator(".vis-current-time")).not.toBeInViewport();
  await page.mouse.move(x + 60, box.y + box.height - 6, { steps: 6 });
  await expect(head(view, "gpu-16")).toBeInViewport({ ratio: 1 });
  await page.mouse.up();
  await expect(page.getByText(/^Moved to gpu-16, /)).toBeVisible();
});

test("Escape puts a block back that is being dragged", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const { view, block, x, y } = await bookBlock(page, "A fox that thinks again");
  const before = await block.boundingBox();
  await takeAlong(page, view, { x, y });
  await page.keyboard.press("Escape");
  await expect(view.timeline.locator(".tl-ghost-label")).toHaveCount(0);
  await page.mouse.up();
  await isBack(block, before);
  await expect(page.getByText("Not moved.")).toHaveCount(0);
});
