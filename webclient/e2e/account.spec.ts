import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { account, readSecret, visit, visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

test("a name is changed, and a taken one is refused beside the field", async ({ browser }) => {
  const [first, second] = [
    await visit(browser, service, undefined, "/account"),
    await visit(browser, service, undefined, "/account"),
  ];
  await first.getByLabel("Your name").fill("Ada");
  await first.getByRole("button", { name: "Save" }).click();
  await expect(account(first)).toHaveText(/^Ada/);

  await second.getByLabel("Your name").fill("Ada");
  await second.getByRole("button", { name: "Save" }).click();
  await expect(second.getByLabel("Your name")).toHaveAttribute("aria-invalid", "true");
  await expect(account(second)).toHaveText(/^User-\d+/);
});

test("the header keeps to one row: a long name is shortened, and told in full", async ({ browser }) => {
  const name = "Wilhelmina Oppenheimer-Vanderbilt III";
  await service.ask("IdentityService/UpdateMe", { name });
  const page = await visitAsAdministrator(browser, service);
  await expect(page.getByText("Simulated engine")).toBeVisible();
  for (const width of [768, 1024, 1280, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    await expect(account(page)).toHaveAttribute("title", `${name} (your account)`);
    expect((await page.getByRole("banner").boundingBox())?.height).toBeLessThan(60);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await expect(account(page)).toBeInViewport({ ratio: 1 });
  }
});

test("tokens are made, shown once, named and revoked; what used one is signed out at once", async ({ browser }) => {
  const page = await visit(browser, service, undefined, "/account");
  const tokens = page.getByRole("region", { name: "Tokens" });
  await expect(tokens.getByText("This browser")).toBeVisible();
  await page.getByLabel("New token for").fill("Second browser");
  await page.getByRole("button", { name: "Make token" }).click();
  const secret = await readSecret(page, "Token “Second browser”");
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);

  const second = await visit(browser, service, secret);
  await expect(account(second)).toBeVisible();
  expect(await account(second).textContent()).toBe(await account(page).textContent());

  await page.getByRole("button", { name: "Rename Second browser" }).click();
  await page.getByLabel("Name of the token").fill("The old laptop");
  await page.getByRole("button", { name: "Save" }).last().click();
  await expect(tokens.getByText("The old laptop")).toBeVisible();

  await page.getByRole("button", { name: "Revoke The old laptop" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("“The old laptop” is revoked.")).toBeVisible();
  await expect(tokens.getByRole("listitem")).toHaveCount(1);
  await expect(second.getByText(/was signed out: this browser's token was revoked/)).toBeVisible();
});
