import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { makeUser, visit, visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ access: { private_jobs: true } });
});
test.afterAll(() => service.dispose());

test("what is in a job is for its owner and administrators; others see that the slot is taken", async ({ browser }) => {
  const words = "A surprise for Grace";
  const owner = new SchedulerView(await visit(browser, service, await makeUser(service, "Ada")));
  const other = new SchedulerView(await visit(browser, service, await makeUser(service, "Grace")));
  const admin = new SchedulerView(await visitAsAdministrator(browser, service));
  await Promise.all([owner, other, admin].map((view) => view.open(service.url)));
  await expect(owner.page.getByText("Only you and administrators see what is in it.")).toBeVisible();
  await owner.bookNext(words);
  await expect(owner.panel.getByText("Completed", { exact: true })).toBeVisible();

  for (const view of [owner, admin]) {
    await view.row(words).first().click();
    const picture = view.panel.getByAltText(words);
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  }
  await expect(other.row("Ada")).toContainText("Private");
  await other.row("Ada").click();
  await expect(other.panel.getByText("Booked by Ada")).toBeVisible();
  const secret = other.panel.getByText(/^Private: /);
  await expect(secret).toBeVisible();
  expect((await secret.locator("svg").boundingBox())?.width).toBeLessThanOrEqual(24);
  expect((await secret.boundingBox())?.height).toBeLessThanOrEqual(60);
  await expect(other.panel.getByRole("link", { name: "Download" })).toHaveCount(0);
  await expect(other.panel.getByRole("button", { name: "Book with these settings" })).toHaveCount(0);
  await other.page.getByRole("link", { name: "Dashboard" }).click();
  await expect(other.page.locator("tr[data-status=completed]").getByText("Private")).toBeVisible();
  await expect(other.page.getByRole("button", { name: "Open the picture" })).toHaveCount(0);
  await expect(other.page.getByText(words)).toHaveCount(0);
});
