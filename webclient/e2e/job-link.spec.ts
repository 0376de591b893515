import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { makeUser, visit } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ access: { private_jobs: true } });
});
test.afterAll(() => service.dispose());

test("the address of a job opens it, also after a reload, and shows of somebody else's what one may see", async ({
  browser,
}) => {
  const owner = await makeUser(service, "Ada");
  const booking = new SchedulerView(await visit(browser, service, owner));
  await booking.bookNext("A fox with an address");
  const id = new URL(booking.page.url()).searchParams.get("job");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);

  const view = new SchedulerView(await visit(browser, service, owner, `/jobs/${id}`));
  await expect(view.panel.getByText("A fox with an address").first()).toBeVisible();
  await expect(view.panel.getByRole("heading", { name: /Your booking/ })).toBeVisible();
  await view.page.reload();
  await expect(view.panel.getByText("A fox with an address").first()).toBeVisible();

  const other = new SchedulerView(await visit(browser, service, await makeUser(service, "Ben"), `/jobs/${id}`));
  await expect(other.panel.getByRole("heading", { name: /Booked by Ada/ })).toBeVisible();
  await expect(other.panel.getByText(/^Private: /)).toBeVisible();
  await expect(other.page.getByText("A fox with an address")).toHaveCount(0);
});

test("the address of a job that is not there says so, and leaves the page usable", async ({ browser }) => {
  const token = await makeUser(service, "Cem");
  for (const id of ["01a20620-0000-7000-8000-000000000000", "no-job-at-all"]) {
    const view = new SchedulerView(await visit(browser, service, token, `/jobs/${id}`));
    await expect(view.panel.getByRole("alert")).toContainText(/[Tt]here is no (such )?job/);
    await view.panel.getByRole("button", { name: "New booking" }).click();
    await expect(view.prompt).toBeVisible();
    await view.page.context().close();
  }
});
