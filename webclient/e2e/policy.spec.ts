import { complaintsOf, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 2, stepTime: "200ms" });
});
test.afterAll(() => service.dispose());

test("nothing on any page breaks the content security policy, which allows no inline script or style", async ({
  browser,
}) => {
  const page = await visitAsAdministrator(browser, service, "/account");
  const policy = (await page.request.get(service.url)).headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  const complaints = complaintsOf(page);
  await page.addInitScript(() => {
    document.addEventListener(
      "securitypolicyviolation",
      ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        console.error(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
      },
    );
  });

  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.doubleClick(0.8);
  await expect(view.panel).toBeVisible();
  await view.drag(view.timeline.locator(".vis-item.is-mine.is-scheduled"), 60);
  await page.getByRole("button", { name: "Zoom out" }).click();
  await page.getByRole("button", { name: "New booking" }).click();
  await view.bookNext("A picture to look at");
  await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
  await view.panel.getByRole("button", { name: "Open the picture" }).click();
  await page.locator(".yarl__root").getByRole("button", { name: "Zoom in" }).click();
  await page.keyboard.press("Escape");
  for (const path of [
    "/workflows",
    "/workflows?id=flux_klein",
    "/dashboard",
    "/account",
    "/sign-in",
    "/invitation",
    "/admin/users",
    "/admin/comfyui",
    "/admin/audit",
  ]) {
    await page.goto(service.url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeAttached();
    await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
  }
  expect(complaints).toEqual([]);
});
