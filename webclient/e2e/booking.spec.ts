import { complaintsOf, localField, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { account } from "./visitor";

// Slots of several seconds: long enough to edit what is booked.
let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("a visitor is signed in and booked by a double-click, then edits what was booked", async ({ page }) => {
  const complaints = complaintsOf(page);
  const view = new SchedulerView(page);
  await view.open(service.url);
  await expect(page.getByText("Connected as")).toBeVisible();
  await expect(account(page)).toHaveText(/^User-\d+/);
  await expect(page.getByText("Simulated")).toBeVisible();

  await view.doubleClick(0.8);
  await expect(page.getByText(/^Booked for/)).toBeVisible();
  await expect(view.panel.getByText("Scheduled")).toBeVisible();
  await expect(view.prompt).toBeFocused();

  await view.prompt.fill("A heron at dawn");
  await view.panel.getByLabel("Seed").fill("18446744073709551615");
  await view.panel.getByRole("button", { name: "Parameters" }).click();
  await view.panel.getByLabel("Width").fill("63");
  await view.panel.getByRole("button", { name: "Update Job" }).click();
  await expect(view.panel.getByLabel("Width")).toHaveAttribute("aria-invalid", "true");
  await view.panel.getByLabel("Width").fill("512");
  await view.panel.getByRole("button", { name: "Update Job" }).click();
  await expect(page.getByText("Job updated.")).toBeVisible();
  await expect(view.row("A heron at dawn")).toBeVisible();

  await page.reload();
  await expect(view.panel.getByLabel("Seed")).toHaveValue("18446744073709551615");
  await view.panel.getByRole("button", { name: "Cancel booking" }).click();
  await expect(view.panel.getByText("Cancelled", { exact: true })).toBeVisible();
  await expect(view.block("A heron at dawn")).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test("two browsers want the same moment: one gets it, the other is offered the next", async ({ browser }) => {
  const [first, second] = await Promise.all(
    [0, 1].map(async () => {
      const page = await (await browser.newContext()).newPage();
      const view = new SchedulerView(page);
      await view.open(service.url);
      return view;
    }),
  );
  if (!first || !second) throw new Error("two browsers are needed");
  const start = await second.page.evaluate(() => Date.now() + 3_600_000);
  const field = localField(start - (start % 1000));
  const ask = async (view: SchedulerView, prompt: string) => {
    await view.prompt.fill(prompt);
    await view.page.getByText("At a time").click();
    await view.page.getByLabel("Start", { exact: true }).fill(field);
  };
  await ask(first, "First come");
  await ask(second, "Second best");
  // The second browser must not hear of the first booking before it asks.
  await second.page.context().route("**/*BookJob", async (route) => {
    await first.page.getByRole("button", { name: /^Book / }).click();
    await expect(first.panel).toBeVisible();
    await route.continue();
  });
  await second.page.getByRole("button", { name: /^Book / }).click();

  const notice = second.page.getByRole("alert").filter({ hasText: "That slot is taken by" });
  await expect(notice).toBeVisible();
  await second.page.context().unroute("**/*BookJob");
  await notice.getByRole("button", { name: /^Book / }).click();
  await expect(second.page.getByText(/^Booked for/)).toBeVisible();
  await expect(second.panel).toBeVisible();
  await expect(second.page.getByRole("button", { name: /^Choose / })).toHaveCount(0);
  await expect(first.row("Second best")).toBeVisible();
  await expect(second.row("First come")).toBeVisible();
});

test("an own block is dragged, moved back by undo, and snaps back from the past", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.prompt.fill("Rolling stone");
  await view.doubleClick(0.6);
  await expect(view.panel).toBeVisible();
  const before = await view.panel.getByLabel("Starts at").inputValue();

  const block = view.block("Rolling stone");
  await view.drag(block, 200);
  const moved = page.getByRole("status").filter({ hasText: "Moved to" });
  await expect(moved).toBeVisible();
  await expect(view.panel.getByLabel("Starts at")).not.toHaveValue(before);

  await moved.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Moved back to")).toBeVisible();
  await expect(view.panel.getByLabel("Starts at")).toHaveValue(before);

  await view.drag(block, -700);
  await expect(page.getByRole("alert").filter({ hasText: "Not moved." })).toBeVisible();
  await expect(view.panel.getByLabel("Starts at")).toHaveValue(before);
});

test("two windows edit one job: the second is told, and nothing is overwritten", async ({ context }) => {
  const [first, second] = [new SchedulerView(await context.newPage()), new SchedulerView(await context.newPage())];
  await first.open(service.url);
  await first.prompt.fill("Draft");
  await first.doubleClick(0.7);
  await expect(first.panel).toBeVisible();
  await second.arrive(first.page.url());
  await second.prompt.fill("Typed in the second window");

  await first.prompt.fill("Saved in the first window");
  await first.panel.getByRole("button", { name: "Update Job" }).click();
  await expect(second.panel.getByText("changed in another window")).toBeVisible();
  await expect(second.prompt).toHaveValue("Typed in the second window");
  await second.panel.getByRole("button", { name: "Take the new values" }).click();
  await expect(second.prompt).toHaveValue("Saved in the first window");
});
