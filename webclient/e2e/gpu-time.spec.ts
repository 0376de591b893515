import { serious } from "./axe";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { makeUser, visit, visitAsAdministrator } from "./visitor";

// A slot of some 23 s: two fit into a minute, the third does not.
let service: Service;
test.beforeAll(async () => {
  service = await startService({
    stepTime: "500ms",
    slotMargin: 10,
    limits: { max_slot: "10m", open_minutes: 1, minutes_per_day: 60 },
  });
});
test.afterAll(() => service.dispose());

test("limits in GPU time are shown while one books, refuse with the figure, and are each user's own", async ({
  browser,
}) => {
  const token = await makeUser(service, "Ada");
  const ada = new SchedulerView(await visit(browser, service, token));
  await ada.open(service.url);
  await ada.prompt.fill("A fox");
  const ahead = ada.page.getByText(/ of 1 min GPU time booked ahead$/);
  await expect(ahead).toBeVisible();
  await expect(ada.page.getByText(/ of 1 h GPU time that day$/)).toBeVisible();
  expect(await serious(ada.page)).toEqual([]);
  // In an hour, so that none of them runs meanwhile.
  for (const text of ["A fox, the first", "A fox, the second"]) {
    const booked = await ada.page.request.post(`${service.url}/comfyscheduler.v1.SchedulerService/BookJob`, {
      headers: { authorization: `Bearer ${token}` },
      data: { earliestStartMs: String(Date.now() + 3_600_000), inputs: { prompt: { text } } },
    });
    expect(booked.ok()).toBe(true);
  }
  await ada.prompt.fill("A fox, the third");
  const refusal = ada.page.getByText(/^With this your open bookings would take .* and one user may have 1 min open/);
  await expect(refusal.first()).toBeVisible();
  expect(await serious(ada.page)).toEqual([]);
  await ada.page.getByRole("button", { name: "Book next free slot" }).click();
  await expect(ada.page.getByRole("alert").filter({ hasText: "one user may have 1 min open" }).first()).toBeVisible();
  await expect(ada.row("A fox, the third")).toHaveCount(0);

  const ben = new SchedulerView(await visit(browser, service, await makeUser(service, "Ben")));
  await ben.open(service.url);
  await ben.bookNext("A hare");
  await expect(ben.row("A hare")).toHaveCount(1);

  const admin = new SchedulerView(await visitAsAdministrator(browser, service));
  await admin.open(service.url);
  await admin.prompt.fill("An owl");
  await expect(admin.page.getByText(/95 % done by/)).toBeVisible();
  await expect(admin.page.getByText(/GPU time booked ahead/)).toHaveCount(0);
});
