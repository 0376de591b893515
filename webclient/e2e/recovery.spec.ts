import { SchedulerView } from "./scheduler";
import { startService } from "./service";
import { expect, test } from "./test";
import { account } from "./visitor";

test("the page recovers by itself when the service was killed, and nothing is lost", async ({ page }) => {
  const service = await startService({ slotMargin: 10 });
  try {
    const view = new SchedulerView(page);
    await view.open(service.url);
    await view.prompt.fill("Still here");
    await view.doubleClick(0.9);
    await expect(view.panel).toBeVisible();
    const name = await account(page).textContent();

    await service.kill();
    await expect(page.getByRole("status").filter({ hasText: "Reconnecting" })).toBeVisible();
    await expect(page.getByRole("alert").filter({ hasText: "The connection is lost." })).toBeVisible();
    await expect(view.row("Still here")).toBeVisible();

    await service.start();
    await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
    await expect(page.getByText("The connection is lost.")).toBeHidden();
    await expect(view.row("Still here")).toBeVisible();
    expect(await account(page).textContent()).toBe(name);
    await page.getByRole("button", { name: "New booking" }).click();
    await view.bookNext("After the crash");
  } finally {
    await service.dispose();
  }
});

test("the boot can be watched, and bookings open when it is done", async ({ page }) => {
  const service = await startService({ openWhileBooting: true, startTime: "8s" });
  try {
    await page.goto(service.url);
    const boot = page.getByRole("region", { name: "Start-up" });
    await expect(boot.getByText("wait for port")).toBeVisible();
    await expect(page.getByRole("button", { name: "Book next free slot" })).toBeVisible();
    await expect(boot).toBeHidden();
  } finally {
    await service.dispose();
  }
});
