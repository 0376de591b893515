import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { account, makeUser, readSecret, visit, visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

test("an administrator reads ComfyUI's log and restarts it; nobody else is offered to", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/admin/comfyui");
  const engine = page.getByRole("region", { name: "ComfyUI gpu" });
  await engine.getByRole("button", { name: "Show log" }).click();
  await expect(engine.getByRole("log")).toContainText("Starting server");

  const visitor = await visit(browser, service, undefined, "/admin/comfyui");
  await expect(visitor.getByRole("heading", { name: "For administrators" })).toBeVisible();
  await expect(visitor.getByRole("link", { name: "Administration" })).toHaveCount(0);
  await engine.getByRole("button", { name: "Restart ComfyUI" }).click();
  await engine.getByRole("button", { name: "Restart", exact: true }).click();
  await expect(page.getByText("ComfyUI is restarting.")).toBeVisible();
  await expect(engine.getByText("Ready", { exact: true })).toBeVisible();
  await visitor.getByRole("link", { name: "Dashboard" }).click();
  await expect(visitor.getByRole("region", { name: "ComfyUI gpu" })).toBeVisible();
  await expect(visitor.getByRole("button", { name: "Restart ComfyUI" })).toBeHidden();
});

test("users are made with a token, promoted, and cut off", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/admin");
  await expect(page).toHaveURL(`${service.url}/admin/users`);
  await page.getByLabel("New user").fill("Grace");
  await page.getByRole("button", { name: "Make user", exact: true }).click();
  const token = await readSecret(page, "Token of Grace");
  await page.getByRole("button", { name: "Done" }).click();
  const grace = await visit(browser, service, token);
  await expect(account(grace)).toHaveText(/^Grace/);
  await expect(grace.getByRole("link", { name: "Administration" })).toHaveCount(0);

  await page.getByRole("button", { name: "Make administrator: Grace" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Make administrator" }).click();
  await expect(page.getByText("Grace is an administrator now.")).toBeVisible();
  // She sees it without reloading: her stream begins anew with other rights.
  await expect(grace.getByRole("link", { name: "Administration" })).toBeVisible();

  await page.getByRole("button", { name: "Revoke tokens of Grace" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("1 token of Grace revoked.")).toBeVisible();
  await expect(grace.getByText("Grace was signed out")).toBeVisible();

  await page.getByLabel("New user").fill("Grace");
  await page.getByRole("button", { name: "Make user", exact: true }).click();
  await expect(page.getByLabel("New user")).toHaveAttribute("aria-invalid", "true");

  await page.getByRole("button", { name: "Delete Grace" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Grace is deleted, 0 bookings cancelled.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete Grace" })).toHaveCount(0);
});

test("invitations are made, listed with their uses, and revoked", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/admin/invitations");
  await page.getByLabel("Invite", { exact: true }).fill("Spring course");
  await page.getByLabel("New users").fill("25");
  await page.getByRole("button", { name: "Make invitation" }).click();
  expect(await readSecret(page, "Link of the invitation")).toContain(`${service.url}/invitation#`);
  await page.getByRole("button", { name: "Done" }).click();
  const invitations = page.getByRole("region", { name: "Invitations" });
  await expect(invitations.getByText("0 of 25 used")).toBeVisible();
  await page.getByRole("button", { name: "Revoke invitation Spring course" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(invitations.getByText("No invitation is open.")).toBeVisible();
});

test("the audit tells who did what, and is narrowed to one job", async ({ browser }) => {
  const linus = new SchedulerView(await visit(browser, service, await makeUser(service, "Linus")));
  await linus.open(service.url);
  await linus.bookNext("A picture of his own");
  await expect(linus.panel.getByText("Completed", { exact: true })).toBeVisible();

  const page = await visitAsAdministrator(browser, service, "/admin/audit");
  const booked = page.getByRole("row").filter({ hasText: "Linus" }).filter({ hasText: "Booked" });
  await expect(booked).toBeVisible();
  await expect(page.getByText("A picture of his own")).toHaveCount(0);
  await booked.getByRole("cell").last().getByTitle("Only what was done to this job").click();
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: /^Job …/ }).click();
  await expect(page.getByRole("row").filter({ hasText: "Made a user" }).first()).toBeVisible();
});
