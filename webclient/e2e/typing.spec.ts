import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("a double-click near now without a prompt books nothing until the prompt is written", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.doubleClick(0.25);
  await expect(view.timeline.locator(".tl-ghost.is-pinned")).toBeVisible();
  await expect(view.prompt).toBeFocused();
  await expect(view.panel).toBeHidden();
  await page.keyboard.type("Written in time");
  await page.keyboard.press("Enter");
  await expect(view.panel).toBeVisible();
  await expect(view.row("Written in time").first()).toBeVisible();
  await expect(view.row("lighthouse")).toHaveCount(0);
});

/** Lets the selected booking start now, as an administrator may. */
async function startNow(view: SchedulerView): Promise<void> {
  const jobId = new URL(view.page.url()).searchParams.get("job");
  const { job } = (await service.ask("SchedulerService/GetJob", { jobId })) as unknown as { job: { version: string } };
  const { version } = job;
  await service.ask("SchedulerService/MoveJob", {
    jobId,
    version,
    earliestStartMs: "0",
  });
}

test("what is typed when the slot starts stays where it is, and is booked as another job", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("The old words");
  await view.doubleClick(0.9);
  await expect(view.panel.getByText("Scheduled")).toBeVisible();
  await view.prompt.fill("A heron ");
  await startNow(view);
  await expect(view.panel.getByText("It started with the old prompt.")).toBeVisible();
  await expect(view.prompt).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.type("at dawn");
  await expect(view.prompt).toHaveValue("A heron at dawn");

  await view.panel.getByRole("button", { name: "Book next free slot with what you typed" }).click();
  await expect(view.panel.getByAltText("A heron at dawn")).toBeVisible();
  await expect(view.prompt).toHaveCount(0);
  await expect(view.row("The old words")).toBeVisible();
});

test("a draft outlives other pages and a reload, and an unsaved edit other blocks", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("Half a thou");
  await page.getByRole("link", { name: "Dashboard" }).click();
  await page.getByRole("link", { name: "Scheduler" }).click();
  await expect(view.prompt).toHaveValue("Half a thou");
  await page.reload();
  await expect(view.prompt).toHaveValue("Half a thou");

  await view.doubleClick(0.9);
  await expect(view.panel.getByText("Scheduled")).toBeVisible();
  await view.prompt.fill("A better thought");
  await page.getByRole("button", { name: "New booking" }).click();
  await view.row("Half a thou").first().click();
  await expect(view.prompt).toHaveValue("A better thought");
  await expect(view.panel.getByText(/not saved yet/)).toBeVisible();
  await page.reload();
  await expect(view.prompt).toHaveValue("A better thought");
});
