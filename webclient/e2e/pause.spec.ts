import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visit, visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("a planned pause does not say that ComfyUI is paused now", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/admin/comfyui");
  await page.getByLabel("From").selectOption("At");
  await page.getByRole("button", { name: "Pause ComfyUI" }).click();
  await expect(page.getByRole("region", { name: "Pause" }).getByText(/^Pause from/)).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
  await page.getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByRole("button", { name: "Take it back" })).toHaveCount(0);
});

test("a pause names the bookings in its way, moves them, and is seen by everybody", async ({ browser }) => {
  const view = new SchedulerView(await visit(browser, service));
  await view.open(service.url);
  await view.prompt.fill("In the way");
  await view.doubleClick(0.8);
  await expect(view.panel).toBeVisible();
  const before = await view.panel.getByLabel("Starts at").inputValue();

  const page = await visitAsAdministrator(browser, service, "/admin/comfyui");
  await page.getByLabel("Reason").fill("Rendering for the expo");
  await page.getByRole("button", { name: "Pause ComfyUI" }).click();
  const obstacles = page.getByRole("alertdialog", { name: "Bookings in the way" });
  await expect(obstacles.getByText(/^1 booking is in the way\. Nothing has been changed yet\.$/)).toBeVisible();
  await expect(obstacles.getByText(/^User-\d+$/)).toBeVisible();
  await expect(view.panel.getByLabel("Starts at")).toHaveValue(before);

  await obstacles.getByRole("button", { name: "Move it and pause" }).click();
  await expect(page.getByText("The pause is on the timeline. 1 booking moved.")).toBeVisible();
  await expect(view.panel.getByText(/^Moved from .+Rendering for the expo\.$/)).toBeVisible();
  await expect(view.panel.getByLabel("Starts at")).not.toHaveValue(before);
  await expect(
    view.page.getByRole("status").filter({ hasText: /^Paused until .+: ?Rendering for the expo$/ }),
  ).toBeVisible();

  await view.page.getByRole("button", { name: "Now", exact: true }).click();
  await expect(view.timeline.locator(".tl-pause")).toContainText("Rendering for the expo");
  // Somebody books into it all the same, and is offered the first start after it.
  await view.page.getByRole("button", { name: "New booking" }).click();
  const { x, y } = await view.at(0.6);
  await view.page.mouse.move(x - 5, y);
  await view.page.mouse.move(x, y);
  await expect(view.timeline.locator(".tl-ghost.is-impossible")).toContainText("paused until");
  await view.page.mouse.dblclick(x, y);
  const notice = view.page.getByRole("alert").filter({ hasText: "ComfyUI is paused then by" });
  await notice.getByRole("button", { name: /^Book / }).click();
  await expect(view.page.getByText(/^Booked for/)).toBeVisible();

  await page.getByRole("button", { name: "Resume now" }).click();
  await expect(view.timeline.locator(".tl-pause")).toHaveCount(0);
  await expect(view.page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
});
