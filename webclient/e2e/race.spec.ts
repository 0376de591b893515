import { localField, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visit } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("three want one moment: each gets a slot of its own, and no form is left in conflict", async ({ browser }) => {
  const views = await Promise.all([0, 1, 2].map(async () => new SchedulerView(await visit(browser, service))));
  const moment = localField(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
  let free: () => void = () => {};
  const gate = new Promise<void>((open) => {
    free = open;
  });
  for (const [index, view] of views.entries()) {
    await view.open(service.url);
    await view.prompt.fill(`Wish ${index}`);
    await view.page.getByText("At a time").click();
    await view.page.getByLabel("Start", { exact: true }).fill(moment);
    // All have asked before any of them is answered.
    await view.page.route("**/*BookJob", async (route) => {
      await gate;
      await route.continue();
    });
  }
  await Promise.all(views.map((view) => view.page.getByRole("button", { name: /^Book / }).click()));
  free();

  const settle = async (view: SchedulerView) => {
    const offer = view.page.getByRole("alert").getByRole("button", { name: /^Book / });
    await expect(async () => {
      if (await offer.isVisible()) await offer.dblclick();
      await expect(view.panel).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await expect(view.page.getByText(/is taken by/)).toHaveCount(0);
    await expect(view.timeline.locator(".tl-ghost.is-impossible")).toHaveCount(0);
    await view.page.getByRole("button", { name: "New booking" }).click();
    await expect(view.page.getByRole("button", { name: /^Choose / })).toHaveCount(0);
    await expect(view.timeline.locator(".tl-ghost.is-pinned")).toHaveCount(0);
  };
  await Promise.all(views.map(settle));

  const { jobs } = (await service.ask("SchedulerService/ListJobs")) as unknown as {
    jobs: { timeSlot: { startMs: string } }[];
  };
  expect(jobs).toHaveLength(3);
  expect(new Set(jobs.map(({ timeSlot }) => timeSlot.startMs)).size).toBe(3);
});
