import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { readSecret } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on the scheduler and the dashboard, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    const view = new SchedulerView(page);
    await view.open(service.url);
    expect(await serious(page)).toEqual([]);
    await view.bookNext("A paper astronaut");
    await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.getByRole("link", { name: "Dashboard" }).click();
    await expect(page.locator("tr[data-status=completed]").first()).toBeVisible();
    expect(await serious(page)).toEqual([]);
  });

  test(`axe finds nothing serious at the door, in the account and in the administration, ${colorScheme}`, async ({
    browser,
  }) => {
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${service.url}/sign-in`);
    await page.getByLabel("Token", { exact: true }).fill(await service.adminToken());
    expect(await serious(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Administration" }).click();
    await page.getByRole("button", { name: "Make user", exact: true }).click();
    await readSecret(page, /^Token of /);
    expect(await serious(page)).toEqual([]);
    const sections = page.getByRole("navigation", { name: "Administration" });
    for (const section of ["Invitations", "Workers", "Audit"]) {
      await sections.getByRole("link", { name: section }).click();
      await expect(sections.getByRole("link", { name: section })).toHaveAttribute("aria-current", "page");
      await expect(page.getByText("Loading…")).toHaveCount(0);
      expect(await serious(page)).toEqual([]);
    }
    await service.ask("WorkerService/PauseWorker", {
      workerId: "gpu",
      durationMs: "600000",
      reason: "Rendering for the expo",
    });
    await page.getByRole("link", { name: "Scheduler", exact: true }).click();
    await expect(page.locator(".tl-pause")).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await service.ask("WorkerService/ResumeWorker", { workerId: "gpu" });
    await page.goto(`${service.url}/account`);
    await page.getByRole("button", { name: "Sign out" }).click();
    expect(await serious(page)).toEqual([]);
    await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
    expect(await serious(page)).toEqual([]);
  });
}
