import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

// The first job runs long enough that the second is booked meanwhile.
let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 3, stepTime: "1s" });
});
test.afterAll(() => service.dispose());

test("the form says what a booking would get, and whether it may start earlier", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await expect(page.getByText(/, 95 % done by \d/)).toBeVisible();

  await view.bookNext("Runs first");
  await view.panel.getByRole("button", { name: "New booking" }).click();
  await view.bookNext("May come sooner");
  await expect(view.panel.getByText("May start earlier if the GPU is free.")).toBeVisible();
  await view.panel.getByRole("button", { name: "New booking" }).click();
  await page.getByRole("checkbox", { name: "Start earlier if the GPU is free" }).uncheck();
  await view.bookNext("Comes when it said");
  await expect(view.panel.getByText("Comes when it said")).toBeVisible();
  await expect(view.panel.getByText(/^May start earlier/)).toHaveCount(0);
});
