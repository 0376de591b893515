import { expect, test } from "@playwright/test";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

test("an administrator reads ComfyUI's log and restarts it; nobody else is offered to", async ({
  page,
  context,
  browser,
}) => {
  const name = `comfyscheduler_${new URL(service.url).port}`;
  await context.addCookies([{ name, value: await service.adminToken(), url: service.url, sameSite: "Strict" }]);
  await page.goto(`${service.url}/dashboard`);
  await expect(page.getByText("Administrator", { exact: true })).toBeVisible();
  const engine = page.getByRole("region", { name: "ComfyUI gpu" });
  await engine.getByRole("button", { name: "Show log" }).click();
  await expect(engine.getByRole("log")).toContainText("Starting server");

  const visitor = new SchedulerView(await (await browser.newContext()).newPage());
  await visitor.open(service.url);
  await engine.getByRole("button", { name: "Restart ComfyUI" }).click();
  await engine.getByRole("button", { name: "Restart", exact: true }).click();
  await expect(page.getByText("ComfyUI is restarting.")).toBeVisible();
  await expect(engine.getByText("Ready", { exact: true })).toBeVisible();
  await visitor.page.getByRole("link", { name: "Dashboard" }).click();
  await expect(visitor.page.getByRole("region", { name: "ComfyUI gpu" })).toBeVisible();
  await expect(visitor.page.getByRole("button", { name: "Restart ComfyUI" })).toBeHidden();
});
