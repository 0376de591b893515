import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("everything goes by keyboard: choose, book, edit, move, cancel", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);

  await view.timeline.focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(view.timeline.locator(".tl-ghost.is-pinned")).toBeVisible();
  // Far enough ahead to be booked first and filled afterwards.
  for (let step = 0; step < 4; step++) await page.keyboard.press("-");
  for (let step = 0; step < 40; step++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(view.prompt).toBeFocused();

  await page.keyboard.type("Typed without a mouse");
  await page.getByRole("button", { name: "Update Job" }).focus();
  await page.keyboard.press("Enter");
  await expect(view.row("Typed without a mouse")).toBeVisible();

  await view.panel.getByRole("button", { name: "Next free slot" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText(/^Moved to/)).toBeVisible();

  // The next free slot is now: the row comes to rest when the job has run.
  await expect(view.schedule.getByText("Just finished")).toBeVisible();

  await view.timeline.focus();
  await page.keyboard.press("Escape");
  await expect(view.panel).toBeHidden();
  await view.row("Typed without a mouse").focus();
  await page.keyboard.press("Enter");
  await expect(view.panel).toBeVisible();
});
