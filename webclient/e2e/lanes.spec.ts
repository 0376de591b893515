import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ workers: 3, slotMargin: 10 });
});
test.afterAll(() => service.dispose());

/** Books on one worker, an hour ahead so that nothing starts meanwhile. */
async function bookAhead(view: SchedulerView, prompt: string): Promise<void> {
  await view.prompt.fill(prompt);
  await view.page.getByRole("radio", { name: "At a time" }).check();
  const start = view.page.getByLabel("Start", { exact: true });
  const at = new Date(Date.now() + 3_600_000).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" });
  await start.fill(at.replace(" ", "T"));
  await view.page.getByLabel("Where").selectOption("gpu-1");
  await view.page.getByRole("button", { name: /^Book \d/ }).click();
  await expect(view.panel).toBeVisible();
}

test("every worker has a lane, and a job is dragged and shifted between them", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  const heads = view.timeline.getByRole("list", { name: "Lanes" });
  await expect(heads.getByRole("button", { name: /gpu-\d.*Ready/ })).toHaveCount(3);
  await bookAhead(view, "A fox that changes lanes");
  const block = view.block("A fox that changes lanes");
  await expect(block).toBeVisible();

  const box = await block.boundingBox();
  if (!box) throw new Error("the block is not in sight");
  const [x, y] = [box.x + 20, box.y + 20];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 5, y + 70, { steps: 6 });
  await page.mouse.move(x + 10, y + 120, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByText(/^Moved to gpu-3, /)).toBeVisible();
  await expect(view.panel.getByText("gpu-3", { exact: true }).first()).toBeVisible();

  await view.timeline.focus();
  await page.keyboard.press("Shift+ArrowUp");
  await expect(page.getByText(/^Moved to gpu-2, /)).toBeVisible();
  expect(await serious(page)).toEqual([]);
});

test("a place on a lane is booked on that worker", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("A cat on the third lane");
  const box = await view.timeline.boundingBox();
  if (!box) throw new Error("the timeline is not on the page");
  await page.mouse.move(box.x + box.width * 0.8, box.y + 47 + 150);
  await page.mouse.dblclick(box.x + box.width * 0.8, box.y + 47 + 150);
  await expect(view.panel.getByText("gpu-3", { exact: true }).first()).toBeVisible();
  await expect(view.row("A cat on the third lane")).toBeVisible();
});

test("an administrator pauses one lane alone, and reads its log", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  const view = new SchedulerView(page);
  await view.timeline.getByRole("button", { name: /gpu-2/ }).click();
  const sheet = page.getByRole("dialog", { name: "gpu-2" });
  await sheet.getByRole("button", { name: "Show log" }).click();
  await expect(sheet.getByRole("log")).not.toHaveText("Reading…");
  await service.ask("WorkerService/PauseWorker", { workerId: "gpu-2", durationMs: "600000", moveBookings: true });
  await expect(sheet.getByText(/^Paused until/).first()).toBeVisible();
  await sheet.getByRole("button", { name: "Close" }).click();
  await expect(view.timeline.locator(".tl-pause")).toHaveCount(1);
  await expect(view.timeline.getByRole("button", { name: /gpu-1.*Ready/ })).toBeVisible();
  await page.getByRole("link", { name: "Dashboard" }).click();
  await expect(page.getByRole("region", { name: "Workers" }).getByRole("article")).toHaveCount(3);
  expect(await serious(page)).toEqual([]);
  await service.ask("WorkerService/ResumeWorker", { workerId: "gpu-2" });
});

test("an administrator takes a worker out of service by a plan that is shown before", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/admin/comfyui?worker=gpu-3");
  const earliestStartMs = String(Date.now() + 7_200_000);
  const inputs = { prompt: { text: "A fox that has to leave" } };
  await service.ask("SchedulerService/BookJob", { earliestStartMs, workerId: "gpu-3", inputs });
  const card = page.getByRole("region", { name: "Service" });
  await card.getByLabel("Reason").fill("A new card");
  await card.getByRole("button", { name: "Show what would move" }).click();
  const plan = page.getByRole("alertdialog", { name: "What would move" });
  await expect(plan.getByText(/Nothing has been changed yet\.$/)).toBeVisible();
  expect(await serious(page)).toEqual([]);
  await plan.getByRole("button", { name: "Take it out of service" }).click();
  await expect(card.getByText("gpu-3 is out of service.")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Workers" }).getByText("Out of service")).toBeVisible();
  await card.getByRole("button", { name: "Return to service" }).click();
  await expect(card.getByRole("button", { name: "Show what would move" })).toBeVisible();
});

test("on a phone the lanes lie under their heads", async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true });
  const view = new SchedulerView(await context.newPage());
  await view.open(service.url);
  await expect(view.timeline.getByRole("button", { name: /gpu-3/ })).toBeVisible();
  const overflow = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
