import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("ten tabs of one browser are one connection, and all stay live", async ({ context, browser }) => {
  test.slow();
  const views: SchedulerView[] = [];
  for (let tab = 0; tab < 10; tab++) views.push(new SchedulerView(await context.newPage()));
  await Promise.all(views.map((view) => view.arrive(service.url)));
  await views[9]?.bookNext("Seen everywhere");
  for (const view of views) await expect(view.row("Seen everywhere")).toBeVisible();

  const onlooker = await (await browser.newContext()).newPage();
  await onlooker.goto(`${service.url}/dashboard`);
  await expect(
    onlooker.getByRole("region", { name: "Active Users" }).getByText("2 connections open now"),
  ).toBeVisible();
  await context.close();
  await expect(onlooker.getByText("1 connection open now")).toBeVisible();
});

test("without shared workers a tab follows the state on its own", async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "SharedWorker"));
  const view = new SchedulerView(page);
  await view.open(service.url);
  await view.bookNext("Alone");
  await expect(view.row("Alone")).toBeVisible();
});
