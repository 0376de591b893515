import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { account, makeUser, visit } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService({ slotMargin: 10 });
});
test.afterAll(() => service.dispose());

test("a visitor signs in with a token, signs out, and is not made somebody else", async ({ browser }) => {
  const page = await visit(browser, service);
  await expect(account(page)).toHaveText(/^User-\d+/);
  await account(page).click();
  await page.getByRole("link", { name: "Sign in as somebody else" }).click();
  await page.getByLabel("Token", { exact: true }).fill("no such token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("Token", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Token", { exact: true }).fill(await service.adminToken());
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(account(page)).toHaveText(/^Administrator-/);
  await expect(page).toHaveURL(`${service.url}/`);
  await expect(page.getByRole("link", { name: "Administration" })).toBeVisible();

  await account(page).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  await expect(page.getByText(/^You signed out of this browser as Administrator-/)).toBeVisible();
  // Neither time nor a reload makes a new user of somebody who left.
  await page.reload();
  await expect(page.getByText(/^You signed out of this browser as Administrator-/)).toBeVisible();
  await page.getByRole("button", { name: "Continue as a new user" }).click();
  await expect(account(page)).toHaveText(/^User-\d+/);
});

test("a revoked token is told in every tab, and the way back leads to the same user", async ({ browser }) => {
  const token = await makeUser(service, "Ada");
  const page = await visit(browser, service, token);
  const other = await page.context().newPage();
  const view = new SchedulerView(page);
  await view.open(service.url);
  await other.goto(`${service.url}/dashboard`);
  await view.bookNext("Ada's picture");
  await expect(other.getByText("Ada's picture")).toBeVisible();

  const users = (await service.ask("AdminService/ListUsers")) as unknown as {
    users: { user: { id: string; name: string } }[];
  };
  const userId = users.users.find(({ user }) => user.name === "Ada")?.user.id ?? "";
  await service.ask("AdminService/RevokeUserTokens", { userId });
  for (const tab of [page, other]) {
    await expect(tab.getByText("Ada was signed out: this browser's token was revoked.")).toBeVisible();
    await expect(tab.getByText("Ada's picture")).toHaveCount(0);
  }

  const { secret = "" } = await service.ask("AdminService/CreateUserToken", { userId });
  await page.getByLabel("Token", { exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in again" }).click();
  await expect(account(page)).toHaveText(/^Ada/);
  await expect(account(other)).toHaveText(/^Ada/);
  await expect(view.panel.getByText("Your booking")).toBeVisible();
});

test("by invitation: the link makes a user, once, and its code leaves the address", async ({ browser }) => {
  test.slow();
  const closed = await startService({ access: { mode: "invite" } });
  try {
    const page = await visit(browser, closed);
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(page.getByText(/takes new users by invitation/)).toBeVisible();

    const { code = "" } = await closed.ask("AdminService/CreateInvitation", { note: "Course" });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${closed.url}/invitation#${code}`);
    await expect(page.getByRole("heading", { name: "You are invited" })).toBeVisible();
    await expect(page).toHaveURL(`${closed.url}/invitation`);
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await expect(account(page)).toHaveText(/^User-\d+/);
    expect(asked.filter((url) => url.includes(code))).toEqual([]);

    const late = await visit(browser, closed, undefined, `/invitation#${code}`);
    await late.getByRole("button", { name: "Accept the invitation" }).click();
    await expect(late.getByRole("alert")).toBeVisible();
    // The token that the invitation made is as good as any.
    await page.goto(`${closed.url}/invitation#${code}`);
    await expect(page.getByRole("heading", { name: /^You are User-\d+ here already/ })).toBeVisible();
  } finally {
    await closed.dispose();
  }
});

test("closed: only a token lets in", async ({ browser }) => {
  test.slow();
  const closed = await startService({ access: { mode: "closed" } });
  try {
    const page = await visit(browser, closed, undefined, "/dashboard");
    await expect(page.getByText(/users are made by its administrators/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Continue as a new user" })).toHaveCount(0);
    await page.getByLabel("Token", { exact: true }).fill(await makeUser(closed, "Grace"));
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(account(page)).toHaveText(/^Grace/);
    await expect(page.getByRole("heading", { name: "Jobs", exact: true })).toBeVisible();
  } finally {
    await closed.dispose();
  }
});
